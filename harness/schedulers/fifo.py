"""Runs the one schedule of an idle loop: units take turns in the order in which they became ready."""

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import Execution


class Fifo:
    """Always the unit that has been ready longest; fair by itself, and it has nothing to choose."""

    def __init__(self, options: StrategyOptions) -> None:
        self._fresh = True

    def begin(self) -> bool:
        """Begin the only schedule."""
        fresh, self._fresh = self._fresh, False
        return fresh

    def pick(self, execution: Execution) -> int:
        """Return the unit that has been ready longest."""
        return execution.ready[0]

    def done(self, execution: Execution) -> None:
        """There is nothing to be learnt."""


STRATEGY = Strategy(
    name="fifo",
    summary="one schedule: units take turns in the order in which they become ready",
    make=Fifo,
    exhausts=False,
)
