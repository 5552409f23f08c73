"""Runs whoever has the highest priority, drawn at random, and lowers it at a few steps, drawn as well.

A mix-up that needs d things in a certain order is found by a schedule with a chance of at least 1 / (n k^(d-1)), for n
units and k steps (probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS 2010). The
chance is lost if k is guessed far too large, so it is measured: the first schedule runs without lowering anything.
"""

from random import Random

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import MOST_STEPS, Execution


class Pct:
    """Priorities of one schedule: drawn ones above 0, lowered ones between 0 and -1, of who lost patience below."""

    def __init__(self, options: StrategyOptions) -> None:
        self._draw = Random(options.seed).random
        self._lowerings = options.depth - 1
        self._given = options.horizon
        self._horizon = options.horizon
        self._priorities: dict[int, float] = {}
        self._steps: list[int] = []
        """The steps, yet to come, at which a priority is lowered; the next one at the end."""
        self._lowest = -1.0

    def begin(self) -> bool:
        """Draw the steps of another schedule; priorities are drawn when their units are met."""
        self._priorities.clear()
        self._lowest = -1.0
        count = self._lowerings if self._horizon else 0
        # The first step is chosen by the priorities alone.
        self._steps = [1 + int(self._draw() * (self._horizon - 1)) for _ in range(count)]
        self._steps.sort(reverse=True)
        return True

    def pick(self, execution: Execution) -> int:
        """Return the unit of the highest priority, having lowered those whose step has come."""
        priorities = self._priorities
        if execution.tired:
            self._lowest -= 1
            priorities[execution.current] = self._lowest
        while self._steps and self._steps[-1] < len(execution.ran):
            priorities[execution.ran[self._steps.pop()]] = -self._draw()
        highest = self._highest(execution)
        while self._steps and self._steps[-1] == len(execution.ran):
            self._steps.pop()
            priorities[highest] = -self._draw()
            highest = self._highest(execution)
        execution.let_go_on(self._steps[-1] if self._steps else MOST_STEPS)
        return highest

    def done(self, execution: Execution) -> None:
        """Measure how many steps a schedule has."""
        if not self._given:
            self._horizon = max(self._horizon, len(execution.ran))

    def _highest(self, execution: Execution) -> int:
        priorities = self._priorities
        try:
            return max(execution.ready, key=priorities.__getitem__)
        except KeyError:
            for unit in execution.ready:
                if unit not in priorities:
                    priorities[unit] = self._draw()
            return self._highest(execution)


STRATEGY = Strategy(
    name="pct",
    summary="schedules by priorities at random, lowered at a few random steps (PCT)",
    make=Pct,
    exhausts=False,
)
