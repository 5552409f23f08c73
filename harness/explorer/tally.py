"""Counts the schedules of a search, by their preemptions and by who could make them."""

from collections import Counter
from collections.abc import Iterator

from harness.core.execution import Fate
from harness.core.exploration import Phase
from harness.core.feasibility import Feasibility
from harness.core.history import Kind
from harness.explorer.schedule import Ran, overlap


class Tally:
    """What the schedules of a search come to so far, in all and for each strength of its switch points."""

    def __init__(self) -> None:
        self.schedules = 0
        self.contested = 0
        self.overlapped = False
        """Whether a unit ran in any of them while another was under way."""
        self.failed = False
        """Whether, before that, a unit or a request failed."""
        self.given_up: list[Fate] = []
        """The fates of schedules that were given up."""
        self.states: Counter[str] = Counter()
        self._preemptions: dict[Feasibility, Counter[int]] = {}
        self._switch_points: dict[Feasibility, int] = {}

    @property
    def switch_points(self) -> int:
        """The most that a schedule had."""
        return max(self._switch_points.values(), default=0)

    def add(self, ran: Ran, strength: Feasibility) -> None:
        """Count one more schedule of a strength."""
        execution = ran.execution
        self.schedules += 1
        self.contested += execution.contested
        if not self.overlapped:
            self.overlapped = execution.contested > 0 or overlap(execution)
            self.failed = self.failed or _failed(ran)
        if execution.fate in (Fate.CAPPED, Fate.LIVELOCK):
            self.given_up.append(execution.fate)
        if ran.state:
            self.states[ran.state] += 1
        if strength not in self._preemptions:
            self._preemptions[strength] = Counter()
        self._preemptions[strength][execution.preemptions] += 1
        # Each step begins at a switch point but the first of each unit.
        switch_points = len(execution.ran) - len(set(execution.ran))
        if switch_points > self._switch_points.get(strength, -1):
            self._switch_points[strength] = switch_points

    def phase(self, strength: Feasibility, exhausted: bool) -> Phase:
        """Return the one phase of a strength in which the search went by no number of preemptions."""
        return Phase(
            strength,
            None,
            self._preemptions.get(strength, Counter()).total(),
            exhausted,
            self._switch_points.get(strength, 0),
        )

    def phases_by_preemptions(self, strength: Feasibility, least_left: int | None) -> Iterator[Phase]:
        """Yield a phase for each number of preemptions; of those below the least that is left, nothing is left."""
        for preemptions, count in sorted(self._preemptions.get(strength, {}).items()):
            exhausted = least_left is None or preemptions < least_left
            yield Phase(strength, preemptions, count, exhausted, self._switch_points[strength])


def _failed(ran: Ran) -> bool:
    errors = any(error is not None for error in ran.execution.errors)
    return errors or any(event.kind is Kind.FAILED for event in ran.history)
