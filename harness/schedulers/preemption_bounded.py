"""Runs every schedule with no preemption, then every one with one more, and so on up to a bound.

Left alone, the running unit goes on; a schedule is that default with a few deviations. Those with the fewest
preemptions come first, so the first witness has the fewest (iterative context bounding: Musuvathi and Qadeer, PLDI 2007).
"""

from collections import deque
from typing import NamedTuple

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import NOBODY, Execution


class Branch(NamedTuple):
    """A schedule yet to be run: another's path up to a step, and who goes on there instead."""

    path: list[int]
    step: int
    instead: int


ROOT = Branch([], 0, NOBODY)


class PreemptionBounded:
    """A queue of branches for each number of preemptions; a schedule that was run brings the branches off its rest."""

    def __init__(self, options: StrategyOptions) -> None:
        self._queues: list[deque[Branch]] = [deque([ROOT])]
        self._most = options.bound
        self._branch = ROOT
        self._found: list[tuple[int, int, int, tuple[int, ...]]] = []

    def begin(self) -> bool:
        for queue in self._queues:
            if queue:
                self._branch = queue.popleft()
                self._found.clear()
                return True
        return False

    def pick(self, execution: Execution) -> int:
        path, last, instead = self._branch
        step = len(execution.ran)
        if instead != NOBODY:
            if step < last:
                return path[step]
            if step == last:
                return instead
        chosen = execution.default()
        costs = execution.current in execution.ready and not execution.fair()
        self._found.append((step, execution.preemptions + costs, chosen, tuple(execution.ready)))
        return chosen

    def done(self, execution: Execution) -> None:
        path = execution.ran
        for step, cost, chosen, options in self._found:
            if self._most is not None and cost > self._most:
                continue
            while len(self._queues) <= cost:
                self._queues.append(deque())
            self._queues[cost].extend(Branch(path, step, other) for other in options if other != chosen)


STRATEGY = Strategy(
    name="preemption_bounded",
    summary="every schedule with 0, 1, 2, … preemptions, up to the bound",
    make=PreemptionBounded,
    exhausts=True,
)
