"""Writes the moments of a schedule down as lines: whose each is, where it stands in the source, and what it did."""

import inspect
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

from harness.core.control import Work
from harness.core.execution import NOBODY
from harness.core.exploration import Line
from harness.core.history import Event, History, Kind
from harness.core.points import Role
from harness.explorer.places import in_short, shown, source
from harness.explorer.telling.located import Moment, Tape, What
from harness.explorer.telling.tale import Happened, Tale, called

FRAME = {Kind.ENTER: "begin", Kind.LEAVE: "end"}
ACCESS = ("line", "read", "wrote")
"""Kinds of lines of which several in a row, in one line of source, are one."""
OURS = f"{Path(__file__).parents[2]}/"
LONGEST_RESULT = 200


def write_lines(tape: Tape, history: History, works: Sequence[Work], told: Happened) -> tuple[Line, ...]:
    """Return the lines in order; where events prove the mix-up, only what leads to it, and who has a part in it."""
    writer = _Writer(tape, history, works, told)
    writer.write()
    if not writer.proven:
        return tuple(writer.lines)
    marked = [place for place, line in enumerate(writer.lines) if line.mark]
    if not marked:
        return tuple(writer.lines)
    lines = writer.lines[: marked[-1] + 1]
    involved = {line.unit for line in lines[marked[0] :]}
    return tuple(line for line in lines if line.unit in involved)


def code_of(call: Any) -> CodeType | None:
    """Return the code of a function, whatever it is wrapped in; None for what has none."""
    while isinstance(call, partial):
        call = call.func
    code = getattr(inspect.unwrap(call), "__code__", None) if callable(call) else None
    # What walks users through an app is a function of ours, and none of theirs.
    return code if isinstance(code, CodeType) and not code.co_filename.startswith(OURS) else None


class _Writer:
    def __init__(self, tape: Tape, history: History, works: Sequence[Work], told: Happened) -> None:
        self.lines: list[Line] = []
        self._tape = tape
        self._tale = Tale(tape, history)
        self._works = {work.name: work for work in works}
        self._marks = told.marks
        self.proven = any(tape.moments[index].what is What.EVENT for index in told.marks)
        """Whether events prove the mix-up."""
        self._begun: set[int] = set()

    def write(self) -> None:
        """Write all moments down."""
        for index, moment in enumerate(self._tape.moments):
            if moment.what is What.TURN:
                self._turn(index, moment)
            elif moment.unit == NOBODY:
                continue
            elif moment.what is What.EVENT:
                self._event(index, moment, self._tale.events[moment.seq])
            elif moment.what is What.LINE:
                self._access(self._line(index, moment, "line"))
            elif moment.file and not self._tale.events:  # what the host itself announces is not the program's
                kind = "wrote" if moment.writes else "read"
                self._access(self._line(index, moment, kind, name=called(moment.name)))

    def _line(
        self,
        index: int,
        moment: Moment,
        kind: str,
        *,
        unit: int | None = None,
        name: str = "",
        value: str = "",
    ) -> Line:
        return Line(
            unit=self._tale.who(index, unit),
            file=shown(moment.file),
            line=moment.line,
            code=source(moment.file, moment.line),
            kind=kind,
            name=name,
            value=value,
            mark=self._marks.get(index, ""),
        )

    def _turn(self, index: int, moment: Moment) -> None:
        left, unit = moment.left, moment.unit
        if left not in (NOBODY, unit):
            if moment.role == Role.END:
                self._end(left)
            else:
                to = "" if unit == NOBODY else self._tale.who(index)
                self.lines.append(self._line(index, moment, "switch", unit=left, name=to, value=_why(moment)))
        if unit not in self._begun and unit != NOBODY:
            self._begun.add(unit)
            self._begin(unit)

    def _serves(self, unit: int) -> bool:
        """Tell whether a unit serves requests, which say themselves when they begin and end."""
        work = self._works.get(self._tape.names[unit])
        return work is not None and bool(work.visits)

    def _begin(self, unit: int) -> None:
        if self._serves(unit):
            return
        name = self._tape.names[unit]
        work = self._works.get(name)
        code = code_of(work.call) if work is not None else None
        file, line = (code.co_filename, code.co_firstlineno) if code is not None else ("", 0)
        self.lines.append(
            Line(
                name, shown(file), line, source(file, line), "begin", code.co_name if code is not None else ""
            )
        )

    def _end(self, unit: int) -> None:
        if self._serves(unit):
            return
        error, result = self._tape.errors[unit], self._tape.results[unit]
        if unit in self._tape.stuck:
            value = "waits, and keeps the thread to itself"
        elif error is not None:
            value = f"raised {type(error).__name__}: {error}".partition("\n")[0]
        else:
            value = "" if result is None else f"returned {result!r}"
        self.lines.append(Line(self._tape.names[unit], "", 0, "", "end", value=value[:LONGEST_RESULT]))

    def _event(self, index: int, moment: Moment, event: Event) -> None:
        if event.kind in FRAME and not self._serves(moment.unit):
            return
        value = event.value
        told = ", ".join(map(str, value)) if isinstance(value, tuple) else "" if value is None else str(value)
        kind = FRAME.get(event.kind, str(event.kind))
        line = self._line(index, moment, kind, name=event.name, value=told)
        if "/" not in self._tape.names[moment.unit]:
            line = replace(line, unit=event.request)
        before = self.lines[-1] if self.lines else None
        if before is not None and before.kind == "line" and _same_place(before, line):
            self.lines.pop()
        self.lines.append(line)

    def _access(self, line: Line) -> None:
        """Add a line of source, which several switch points may be in, once."""
        before = self.lines[-1] if self.lines else None
        if before is not None and before.kind in ACCESS and _same_place(before, line) and not before.mark:
            if line.mark or before.kind == "line" or line.kind == "wrote":
                self.lines[-1] = line
            return
        self.lines.append(line)


def _same_place(one: Line, other: Line) -> bool:
    return (one.unit, one.file, one.line) == (other.unit, other.file, other.line)


def _why(turn: Moment) -> str:
    """Return what a unit that was left waits for; nothing for one that could have gone on."""
    return "" if turn.could else in_short(turn.waits) or "another unit"
