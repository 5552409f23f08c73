"""Turns the lines of an explanation into rows of columns: what is shown in whose column, and what is folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.core.exploration import Explanation, Line
from harness.core.history import Kind
from reports.lanes import SECRET, short

MOST_LINES = 18
"""Lines of an explanation before those without a part in the proof are folded."""
NEAR = 2
"""Lines kept on each side of one that proves something."""
SILENT = ("line", "begin", "end")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what one unit did, in its column."""

    column: int
    text: str
    kind: str
    """``code``, ``file``, ``fold``, ``event``, ``switch`` or ``end``."""
    mark: str = ""
    """``write``, ``read`` or ``switch`` where the row proves the mix-up."""
    proof: str = ""
    """The same, also of the source above such a row."""
    number: int = 0
    """The line of source, where the row shows one."""
    to: int | None = None
    """The column of who goes on, where that is another."""
    alive: tuple[bool, ...] = ()
    """Which units are under way."""


def lay_out(explanation: Explanation) -> tuple[Row, ...]:
    """Return the rows in order."""
    return tuple(_Layout(explanation).rows())


def files(explanation: Explanation) -> list[str]:
    """Return the source files of an explanation, in order."""
    return list(dict.fromkeys(line.file for line in explanation.lines if line.file and line.code))


class _Layout:
    def __init__(self, explanation: Explanation) -> None:
        self._lines = explanation.lines
        self._columns = {unit: column for column, unit in enumerate(explanation.units)}
        self._several = len(files(explanation)) > 1
        self._kept = _keep(explanation)
        self._shown: dict[int, tuple[str, int]] = {}
        """For each column, the line of source that its last row belongs to."""
        self._file: dict[int, str] = {}
        self._under_way: set[int] = set()
        self._last = _last_lines(explanation.lines)

    def rows(self) -> Iterator[Row]:
        folded: list[Line] = []
        for place, line in enumerate(self._lines):
            if place not in self._kept:
                if folded and folded[0].unit != line.unit:
                    yield self._fold(folded)
                    folded = []
                folded.append(line)
                continue
            if folded:
                yield self._fold(folded)
                folded = []
            yield from self._line(place, line)
        if folded:
            yield self._fold(folded)

    def _row(self, column: int, text: str, kind: str, number: int = 0) -> Row:
        self._under_way.add(column)
        alive = tuple(each in self._under_way for each in range(len(self._columns)))
        return Row(column, text, kind, number=number, alive=alive)

    def _fold(self, folded: Sequence[Line]) -> Row:
        number = len(folded)
        column = self._columns[folded[0].unit]
        return self._row(column, f"⋮ {number} more {'line' if number == 1 else 'lines'}", "fold")

    def _line(self, place: int, line: Line) -> Iterator[Row]:
        column = self._columns[line.unit]
        to = self._to(place, column)
        said = _said(line)
        rows = list(self._source(column, line))
        if said:
            kind = line.kind if line.kind in ("switch", "end") else "event"
            rows.append(self._row(column, said, kind))
        for row in rows[:-1]:
            yield replace(row, proof=line.mark)
        for row in rows[-1:]:
            yield replace(row, proof=line.mark, mark=line.mark, to=to)
        if place == self._last[line.unit] and line.kind == "end":
            self._under_way.discard(column)

    def _source(self, column: int, line: Line) -> Iterator[Row]:
        """Yield the line of source, and its file where there are several, unless they stand there already."""
        if not line.code or self._shown.get(column) == (line.file, line.line):
            return
        self._shown[column] = (line.file, line.line)
        if self._several and self._file.get(column) != line.file:
            yield self._row(column, line.file, "file")
        self._file[column] = line.file
        yield self._row(column, line.code, "code", line.line)

    def _to(self, place: int, column: int) -> int | None:
        """Return the column that goes on after a line, where that is another."""
        if place + 1 == len(self._lines):
            return None
        after = self._columns[self._lines[place + 1].unit]
        return after if after != column else None


def _last_lines(lines: Sequence[Line]) -> dict[str, int]:
    return {line.unit: place for place, line in enumerate(lines)}


def _keep(explanation: Explanation) -> set[int]:
    """Return which lines are shown: all of few, else those that prove something, switches, ends, and what is near."""
    lines = explanation.lines
    if len(lines) <= MOST_LINES:
        return set(range(len(lines)))
    proof = {
        place
        for place, line in enumerate(lines)
        if line.mark or line.kind not in ("line", "read", "wrote", "expect")
    }
    names = {line.name for line in lines if line.mark in ("write", "read") and line.name}
    named = {place for place, line in enumerate(lines) if line.name in names}
    near = {place + step for place in proof for step in range(-NEAR, NEAR + 1)}
    for kept in (proof | named | near, proof | named, proof):
        if len(kept) <= MOST_LINES:
            break
    # A line that is left out alone takes no less room than it would.
    alone = {
        place
        for place, line in enumerate(lines)
        if all(
            not 0 <= beside < len(lines) or beside in kept or lines[beside].unit != line.unit
            for beside in (place - 1, place + 1)
        )
    }
    return {place for place in kept | alone if 0 <= place < len(lines)}


def _said(line: Line) -> str:
    """Say what a line did, beyond the source that it shows."""
    value = ", ".join(map(short, line.value.split(", "))) if SECRET.search(line.value) else short(line.value)
    match line.kind:
        case "line":
            return ""
        case "begin":
            return "" if line.code else "begins"
        case "end":
            return line.value or "ends"
        case "switch" if line.value:
            return f"waits for {line.value}"
        case "switch":
            return f"overtaken by {line.name}" if line.name else "stays there"
        case Kind.WROTE:
            return f"{line.name} = {value}" if line.value else f"writes {line.name}"
        case Kind.READ:
            owner = SECRET.match(line.value)
            whose = f", {owner[1]}'s" if line.mark and owner and owner[1] != line.unit else ""
            return f"{line.name} is {value}{whose}" if line.value else f"reads {line.name}"
        case Kind.EXPECT:
            return f"{line.name} should be {value}"
        case Kind.BEGAN:
            return f"begins to update {line.name}"
        case Kind.UPDATED:
            before, _, after = line.value.partition(", ")
            return f"{line.name}: {short(before)} → {short(after)}"
        case Kind.REVOKED:
            return f"ends {line.name} {value}"
        case Kind.RESIDUE:
            return f"is over, {line.name} still stored"
        case Kind.FAILED:
            return f"fails: {line.value}"
        case Kind.CANCELLED:
            return "is cut short"
        case Kind.REPLIED:
            owner = SECRET.match(line.value)
            return f"its client gets the answer to {owner[1]}" if owner else f"its client gets {value}"
        case _:
            return " ".join(filter(None, (line.kind, line.name, value)))
