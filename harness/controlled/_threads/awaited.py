"""What units of a schedule wait for, and how it is called in the words of their waiting."""

import sys
from enum import IntEnum
from types import FrameType

from harness.controlled._place import carries
from harness.controlled._standard.origin import Origin, Titled
from harness.controlled._threads.baton import Baton
from harness.core.feasibility import Feasibility
from harness.core.points import Point, Role

_points: dict[tuple[str, str, int], Point] = {}


def point(role: Role, frame: FrameType | None) -> Point:
    """Return the switch point before or after what the program does from a frame."""
    while frame is not None and carries(frame.f_code.co_filename):
        frame = frame.f_back
    name = role._value_  # the hash of a member of an enum is a call of Python code
    key = (name, frame.f_code.co_filename, frame.f_lineno) if frame else (name, "", 0)
    found = _points.get(key)
    if found is None:
        found = _points[key] = Point(role, Feasibility.GIL_SWITCH, key[1], key[2])
    return found


class Grain(IntEnum):
    """How many switch points the operations of a lock are."""

    NONE = 0
    """None: it serves one operation of a class of the standard library's."""
    OUTSIDE = 1
    """Before it is taken and after it is given back: it guards the insides of a class of the standard library's."""
    ALL = 2
    """Also while it is held: others may try it."""


class Awaited(Titled):
    """Something that units wait for; what it holds of them belongs to one schedule."""

    __slots__ = ("baton", "generation", "grain", "name", "waiters")

    def __init__(self, baton: Baton, grain: Grain, frame: FrameType | None) -> None:
        super().__init__(frame)
        self.baton = baton
        self.grain = grain
        self.generation = baton.generation
        baton.made += 1
        self.name = f"{self.kind} {baton.made}"
        self.waiters: dict[int, Origin] = {}
        """The units that wait for it, and where."""

    def reach(self, role: Role) -> None:
        """Stand at a switch point, if its operations are such."""
        baton = self.baton
        if baton.finely and not baton.muted and not baton.stopping:
            baton.stand(point(role, sys._getframe(2)))

    def wait(self, until: float | None) -> bool:
        """Wait for it; False when it became too late. The unit stands in ``waiters`` meanwhile."""
        unit = self.baton.execution.current
        self.waiters[unit] = Origin(sys._getframe(1))
        try:
            return self.baton.wait(self.words(unit), until)
        finally:
            del self.waiters[unit]

    def words(self, unit: int) -> str:
        """Say what a unit waits for, and where."""
        return f"{self}, to go on at {self.waiters[unit]}"

    def hold_back(self) -> None:
        """Let those wait on that were woken but were not quick enough."""
        for unit in self.waiters:
            self.baton.hold_back(unit, self.words(unit))

    def wake(self) -> None:
        """Let all go on that wait for it: which of them is quickest is a choice."""
        if not self.baton.stopping:
            execution = self.baton.execution
            for unit in self.waiters:
                execution.wake(unit)
