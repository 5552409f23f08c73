"""Lets any of the units that can go on do so, each as likely as the others; it has no end, and no memory."""

from random import Random

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import Execution


class RandomWalk:
    """Draws each step by itself, so that no unit starves for long."""

    def __init__(self, options: StrategyOptions) -> None:
        self._draw = Random(options.seed).random

    def begin(self) -> bool:
        """Begin another schedule."""
        return True

    def pick(self, execution: Execution) -> int:
        """Return any of the units that can go on."""
        return execution.ready[int(self._draw() * len(execution.ready))]

    def done(self, execution: Execution) -> None:
        """There is nothing to be learnt."""


STRATEGY = Strategy(
    name="random_walk",
    summary="schedules at random, in each step any unit that can go on",
    make=RandomWalk,
    exhausts=False,
)
