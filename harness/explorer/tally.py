"""Counts the schedules of a search, by their preemptions and by who could make them."""

from collections import Counter
from collections.abc import Iterator

from harness.core.execution import Fate
from harness.core.exploration import Phase
from harness.core.feasibility import Feasibility
from harness.explorer.schedule import Ran


class Tally:
    """What the schedules of a search come to so far."""

    def __init__(self) -> None:
        self.schedules = 0
        self.contested = 0
        self.switch_points = 0
        self.given_up: list[Fate] = []
        """The fates of schedules that were given up."""
        self.states: Counter[str] = Counter()
        self._kinds: Counter[tuple[int, int]] = Counter()
        self._last = (0, 0)

    def add(self, ran: Ran) -> None:
        """Count one more schedule."""
        execution = ran.execution
        self.schedules += 1
        self.contested += execution.contested
        # Each step begins at a switch point but the first of each unit.
        self.switch_points = max(self.switch_points, len(execution.ran) - len(set(execution.ran)))
        if execution.fate in (Fate.CAPPED, Fate.LIVELOCK):
            self.given_up.append(execution.fate)
        if ran.state:
            self.states[ran.state] += 1
        strongest = max((point.needs.rank for point in execution.preempted), default=0)
        self._last = (execution.preemptions, strongest)
        self._kinds[self._last] += 1

    def phases(
        self, level: Feasibility, bound: int | None, *, bounded: bool, complete: bool
    ) -> Iterator[Phase]:
        """Yield what was gone through: for a bounded search a phase for each number of preemptions.

        Such a search goes in order, so that of all numbers below the one that it stopped at nothing is left.
        """
        if not bounded:
            yield Phase(level, bound, self.schedules, complete)
            return
        reached = self._last[0]
        most = reached if bound is None else bound
        for preemptions in range(most + 1):
            count = sum(number for (cost, _), number in self._kinds.items() if cost == preemptions)
            if count or complete:
                yield Phase(level, preemptions, count, complete or preemptions < reached)
