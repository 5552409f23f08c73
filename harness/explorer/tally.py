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
        self._preemptions: Counter[int] = Counter()

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
        self._preemptions[execution.preemptions] += 1

    def phase(self, level: Feasibility, exhausted: bool) -> Phase:
        """Return the one phase of a search that goes by no number of preemptions."""
        return Phase(level, None, self.schedules, exhausted, self.switch_points)

    def phases_by_preemptions(self, level: Feasibility, least_left: int | None) -> Iterator[Phase]:
        """Yield a phase for each number of preemptions; of those below the least that is left, nothing is left."""
        for preemptions in sorted(self._preemptions):
            exhausted = least_left is None or preemptions < least_left
            yield Phase(level, preemptions, self._preemptions[preemptions], exhausted, self.switch_points)
