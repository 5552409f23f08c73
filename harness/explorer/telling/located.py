"""Runs a schedule and notes by which line of the program, and between which switches, each thing happened."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import harness
from harness.core.execution import NOBODY, Execution, Fate, Scheduler
from harness.core.history import History, Row
from harness.core.points import Point, Role

HARNESS = Path(harness.__file__).parent
STANDARD = Path(contextlib.__file__).parent
CARRIERS = ("apps", "core", "units", "engine")
"""Rooms of the harness that carry what a program says, and are no part of it."""
DRIVERS = ("controlled", "explorer", "schedulers")
"""Rooms that run the program: above them in the stack nothing is its own."""


class What(StrEnum):
    """What kind of thing happened."""

    TURN = "turn"
    """Another step begins."""
    EVENT = "event"
    """A probe wrote to the history."""
    TOUCH = "touch"
    """A shared object is about to be read or written."""
    LINE = "line"
    """A line of the program is about to be executed."""


class Moment(NamedTuple):
    """One thing that happened, in order; which fields mean something depends on what it is."""

    what: What
    unit: int
    """Who did it; of a turn, who goes on."""
    file: str = ""
    line: int = 0
    seq: int = -1
    """The position of an event in the history."""
    name: str = ""
    """The object of a touch."""
    writes: bool = False
    left: int = NOBODY
    """Of a turn, who ran until then; file and line are where that unit stands."""
    role: str = ""
    """Of a turn, at what kind of place that unit stands."""
    could: bool = False
    """Of a turn, whether that unit could have gone on."""
    waits: str = ""
    """Of a turn, what that unit waits for, where the host tells."""


class Tape(Execution):
    """An execution that keeps its moments."""

    words = True
    __slots__ = ("moments", "stuck")

    def __init__(
        self, scheduler: Scheduler, *, tracked: bool, locate: Callable[[int], tuple[str, int]]
    ) -> None:
        super().__init__(scheduler, tracked=tracked, locate=locate)
        self.moments: list[Moment] = []
        self.stuck: dict[int, str] = {}
        """The units that waited when nobody could go on, and for what."""

    def pick(self) -> int:
        """Note who is left, where, and who goes on."""
        left = self.current
        role = "" if left == NOBODY else str(self.pending[left].role)
        # Who paused over and over gave way: that is no preemption.
        could = left in self.ready and not self.tired
        waits = self.waiting.get(left, "")
        chosen = super().pick()
        file, line = self._left_at(left, chosen)
        self.moments.append(
            Moment(What.TURN, chosen, file, line, left=left, role=role, could=could, waits=waits)
        )
        if chosen == NOBODY:
            self.stuck = self.stuck or dict(self.waiting)
        else:
            self._resume(chosen, self.pending[chosen])
        return chosen

    def touch(self, name: str, writes: bool) -> None:
        """Note an announced operation and whose line did it."""
        super().touch(name, writes)
        if self.fate is not Fate.DEADLOCK:
            self.moments.append(Moment(What.TOUCH, self.current, *calling_line(), name=name, writes=writes))

    def note_to(self, history: History) -> None:
        """Note the events that are recorded from now on, but not those of units that are ended by a deadlock."""
        rows, moments = history.rows, self.moments

        def record(row: Row) -> None:
            if self.fate is not Fate.DEADLOCK:
                moments.append(Moment(What.EVENT, self.current, *calling_line(), seq=len(rows)))
            rows.append(row)

        history.record = record

    def _left_at(self, left: int, chosen: int) -> tuple[str, int]:
        """Return where a unit stands that is left, or nothing; at the end only one that waits stands anywhere."""
        if chosen != NOBODY:
            anchor = self.anchors[-1]
            return (anchor.file, anchor.line) if anchor else ("", 0)
        if left not in self.waiting or self.locate is None:
            return "", 0
        point = self.pending[left]
        return (point.file, point.line) if point.file else self.locate(left)

    def _resume(self, unit: int, point: Point) -> None:
        """Note what a unit that stood inside a line, as threads do, is now about to do."""
        if not point.file:
            return
        if point.object and point.role in (Role.LOAD, Role.STORE):
            writes = point.writes or point.role is Role.STORE
            self.moments.append(
                Moment(What.TOUCH, unit, point.file, point.line, name=point.object, writes=writes)
            )
        else:
            self.moments.append(Moment(What.LINE, unit, point.file, point.line))


def calling_line() -> tuple[str, int]:
    """Return the innermost line of the program in the stack, or nothing where it has no part in this."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        match _part(file):
            case "driver":
                # The explorer's own frames come first: the tape itself lies among them.
                if file != __file__:
                    return "", 0
            case "program":
                return file, frame.f_lineno
        frame = frame.f_back
    return "", 0


@lru_cache(maxsize=1_000)
def _part(file: str) -> str:
    """Tell whether a file is part of the program, carries what it says, or drives it."""
    path = Path(file)
    if path.is_relative_to(HARNESS):
        room = path.relative_to(HARNESS).parts[0]
        return "driver" if room in DRIVERS else "carrier" if room in CARRIERS else "program"
    inside = path.is_relative_to(STANDARD) and "site-packages" not in path.parts
    return "carrier" if inside or file.startswith("<frozen") else "program"


@contextlib.contextmanager
def lines_noted(tape: Tape, files: frozenset[str]) -> Iterator[None]:
    """Note the lines of these files that this thread executes in the schedule.

    Where a debugger or coverage traces it already, that is left alone and no line is noted.
    """
    if not files or sys.gettrace() is not None:
        yield
        return
    moments = tape.moments

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line" and tape.fate is None:
            moments.append(Moment(What.LINE, tape.current, frame.f_code.co_filename, frame.f_lineno))
        return local

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        return local if frame.f_code.co_filename in files else None

    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)
