"""Says what changed between two runs: cells that stand otherwise, appeared or vanished, and rates that moved."""

from dataclasses import dataclass
from math import sqrt

from harness.core.record import Cell, CellResult, Run
from harness.core.verdict import Anomaly
from reports.matrix import standing
from reports.sentences import saw
from reports.words import FAULTS, RANK, Standing, plural, rate

SIGMAS = 4.0
FACTOR = 10.0
"""How far apart two rates must lie to be told. Requests of one cell disturb each other in trains, so that the same seed
moved rates by factors of up to 4.2 between two runs, many standard deviations of independent requests."""
MOST_LISTED = 40


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that stands otherwise than before; ``before`` or ``after`` is None where the run has no such cell."""

    cell: Cell
    before: CellResult | None
    after: CellResult | None

    @property
    def worse(self) -> bool:
        """Whether the later run has a fault here that the earlier one had not, or a worse one."""
        if self.after is None or standing(self.after) not in FAULTS:
            return False
        return self.before is None or RANK[standing(self.after)] < RANK[standing(self.before)]


@dataclass(frozen=True, slots=True)
class Shift:
    """An anomaly whose share of the chances moved by more than chance explains."""

    cell: Cell
    anomaly: Anomaly
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs between two runs."""

    changes: tuple[Change, ...]
    shifts: tuple[Shift, ...]
    same: int
    """Cells that stand as before."""

    @property
    def worse(self) -> bool:
        """Whether a cell of the later run has a new or a worse fault; one that vanished is told, not judged."""
        return any(change.worse for change in self.changes)

    def text(self) -> str:
        """Return the comparison as lines: what got worse first, then other changes, then rates."""
        ordered = sorted(self.changes, key=lambda change: not change.worse)
        lines = [_line(change) for change in ordered[:MOST_LISTED]]
        if len(ordered) > MOST_LISTED:
            lines.append(f"… and {plural(len(ordered) - MOST_LISTED, 'more change')}")
        lines += [
            f"rate: {shift.cell.id}: {shift.anomaly.value} {rate(shift.before)} → {rate(shift.after)}"
            for shift in self.shifts[:MOST_LISTED]
        ]
        if len(self.shifts) > MOST_LISTED:
            lines.append(f"… and {plural(len(self.shifts) - MOST_LISTED, 'more rate')}")
        worse = sum(change.worse for change in self.changes)
        lines.append(
            f"{plural(self.same, 'cell')} as before, {len(self.changes)} changed, "
            + (f"{worse} for the worse." if worse else "none for the worse.")
        )
        return "\n".join(lines)


def compare(before: Run, after: Run) -> Comparison:
    """Compare two runs cell by cell; a cell is the same when all that names it is."""
    old = {result.cell: result for result in before.cells}
    new = {result.cell: result for result in after.cells}
    changes: list[Change] = []
    shifts: list[Shift] = []
    for cell in dict.fromkeys([*old, *new]):
        change = Change(cell, old.get(cell), new.get(cell))
        if change.before is None or change.after is None or _told(change.before) != _told(change.after):
            changes.append(change)
        if change.before is not None and change.after is not None:
            shifts += _shifts(cell, change.before, change.after)
    return Comparison(tuple(changes), tuple(shifts), len(old.keys() | new.keys()) - len(changes))


def _told(result: CellResult) -> tuple[Standing, str]:
    return standing(result), result.outcome.value


def _shifts(cell: Cell, before: CellResult, after: CellResult) -> list[Shift]:
    """Return the anomalies whose rates lie apart by FACTOR and by a two-proportion test (pooled variance, normal)."""
    old = {finding.anomaly: finding for finding in before.findings}
    shifts = []
    for finding in after.findings:
        was = old.get(finding.anomaly)
        if was is None or not was.chances or not finding.chances:
            continue
        # One request can be the victim of several look-ups; a share is of requests.
        first, second = min(was.count, was.chances), min(finding.count, finding.chances)
        share = (first + second) / (was.chances + finding.chances)
        spread = sqrt(share * (1 - share) * (1 / was.chances + 1 / finding.chances))
        low, high = sorted((first / was.chances, second / finding.chances))
        if high - low > SIGMAS * spread and high >= FACTOR * low:
            shifts.append(Shift(cell, finding.anomaly, first / was.chances, second / finding.chances))
    return shifts


def _line(change: Change) -> str:
    mark = "worse" if change.worse else "changed"
    if change.before is None and change.after is not None:
        return f"{mark if change.worse else 'new'}: {change.cell.id}: {standing(change.after)} ({saw(change.after)})"
    if change.after is None and change.before is not None:
        return f"gone: {change.cell.id}: was {standing(change.before)}"
    assert change.before is not None
    assert change.after is not None
    return (
        f"{mark}: {change.cell.id}: {standing(change.before)} ({saw(change.before)})"
        f" → {standing(change.after)} ({saw(change.after)})"
    )
