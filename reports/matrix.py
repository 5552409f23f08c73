"""Sums a run up: rows of Locals, columns of places, in each square the worst standing over its scenarios."""

from collections import Counter
from dataclasses import dataclass

from harness.core.record import CellResult, Ending, Part, Run, Sample
from harness.core.verdict import Anomaly, Grade, Outcome
from localimpl import Unit
from reports.words import FAULTS, RANK, Standing

CONTROLS = "Negative controls: broken on purpose, to be caught"
BANDS = ("Locals", "Session stores", "Frameworks", CONTROLS)
ENDINGS = {
    Ending.CRASHED: Standing.CRASHED,
    Ending.HUNG: Standing.HUNG,
    Ending.NOT_RUN: Standing.NOT_RUN,
    Ending.NOT_APPLICABLE: Standing.NOT_APPLICABLE,
}


def standing(result: CellResult) -> Standing:
    """Return how a cell stands; a mix-up that was seen counts more than a bad ending, that more than silence."""
    if result.grade is Grade.BROKEN or result.ending is Ending.JUDGED:
        return Standing(result.grade.value)
    return ENDINGS[result.ending]


@dataclass(frozen=True, slots=True)
class Square:
    """One Local on one place: its cells, one for each scenario."""

    subject: Part
    place: Part
    results: tuple[CellResult, ...]

    @property
    def counts(self) -> Counter[Standing]:
        """How many cells stand how."""
        return Counter(standing(result) for result in self.results)

    @property
    def worst(self) -> Standing:
        """The standing that the square shows: a fault before all else, then what this Local is here for.

        A good Local is here to keep its promise, and one known limit beside it does not change that; a control is
        here to be caught.
        """
        first = Standing.CAUGHT if self.subject.control else Standing.KEPT
        return min(self.counts, key=lambda each: (each not in FAULTS, each is not first, RANK[each]))

    @property
    def mixed(self) -> int:
        """In how many cells a mix-up was seen."""
        return sum(result.outcome is Outcome.MIXED for result in self.results)

    def summary(self) -> str:
        """Say in a few words how many cells stand as the square shows; where mix-ups are known or allowed, how many."""
        total = len(self.results) - self.counts[Standing.NOT_APPLICABLE]
        if self.worst is Standing.CAUGHT:
            return f"{self.mixed} mixed" if self.mixed == total else f"{self.mixed}/{total} mixed"
        if self.worst is Standing.NOT_APPLICABLE:
            return "n/a"
        if self.worst is Standing.UNPROMISED:
            return f"{self.mixed} mixed" if self.mixed else f"{total} clean"
        number = self.counts[self.worst]
        return str(total) if number == total else f"{number} of {total}"


@dataclass(frozen=True, slots=True)
class Row:
    """A Local with its squares, one for each column; None where nothing was run."""

    subject: Part
    squares: tuple[Square | None, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Columns of one kind of unit, or rows of one kind of Local."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of one kind, under one heading."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All squares of a run: rows that should hold first, then the controls; hosts and servers by their unit."""

    places: tuple[Part, ...]
    units: tuple[Group, ...]
    bands: tuple[Band, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows in order."""
        return tuple(row for band in self.bands for row in band.rows)


def arrange(run: Run) -> Matrix:
    """Sort the cells of a run into rows, columns and squares; parts without a cell are left out."""
    cells: dict[tuple[str, str], list[CellResult]] = {}
    for result in run.cells:
        cells.setdefault((result.cell.subject, result.cell.where), []).append(result)
    units = [str(unit) for unit in Unit]
    used = [part for part in run.places if any(part.path == where for _, where in cells)]
    places = tuple(sorted(used, key=lambda part: units.index(part.unit)))
    rows = [
        Row(subject, tuple(_square(subject, place, cells) for place in places))
        for subject in run.subjects
        if any(subject.path == path for path, _ in cells)
    ]
    sizes = Counter(place.unit for place in places)
    return Matrix(
        places,
        tuple(Group(unit, sizes[unit]) for unit in units if sizes[unit]),
        tuple(
            Band(name, found)
            for name in BANDS
            if (found := tuple(row for row in rows if _band(row.subject) == name))
        ),
    )


def _band(subject: Part) -> str:
    """Return the heading of a row; records of old know Locals only."""
    return CONTROLS if subject.control else subject.group or BANDS[0]


def _square(subject: Part, place: Part, cells: dict[tuple[str, str], list[CellResult]]) -> Square | None:
    results = cells.get((subject.path, place.path))
    return Square(subject, place, tuple(sorted(results, key=rank))) if results else None


def rank(result: CellResult) -> tuple[int, int]:
    """Order cells: the worst standing first and, where nothing is promised, a mix-up before silence."""
    return RANK[standing(result)], 0 if result.outcome is Outcome.MIXED else 1


def attention(run: Run) -> list[CellResult]:
    """Return the cells that must be looked at, the worst first and otherwise in the order of the run."""
    return sorted((result for result in run.cells if standing(result) in FAULTS), key=rank)


def telling(run: Run) -> list[tuple[CellResult, Sample]]:
    """Return the plainest proof of each anomaly that the run has: a control's before others, of few events."""
    controls = {subject.path for subject in run.subjects if subject.control}
    proofs: dict[Anomaly, list[tuple[CellResult, Sample]]] = {}
    for result in run.cells:
        for sample in result.samples:
            if sample.witness and standing(result) not in FAULTS:
                proofs.setdefault(sample.witness.anomaly, []).append((result, sample))

    def plain(proof: tuple[CellResult, Sample]) -> tuple[bool, bool, int]:
        result, sample = proof
        return (
            result.cell.subject not in controls,
            standing(result) is not Standing.CAUGHT,
            len(sample.events),
        )

    return [min(proofs[anomaly], key=plain) for anomaly in Anomaly if anomaly in proofs]


def interleavings(run: Run) -> list[CellResult]:
    """Return the plainest explored interleaving of each kind that the run has: the one with the fewest lines."""
    found: dict[str, list[tuple[int, CellResult]]] = {}
    for result in run.cells:
        if result.explored is not None and (told := result.explored.explanation) is not None:
            found.setdefault(told.kind, []).append((len(told.lines), result))
    return [min(several, key=lambda each: each[0])[1] for several in found.values()]
