"""Switch points: where a unit may be switched out, who can do that, and what the step touches that follows."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from harness.core.feasibility import Feasibility

Touch = tuple[str, bool]
"""An object that a step touched, and whether it wrote it."""


class Role(StrEnum):
    """What kind of place a switch point is."""

    BEGIN = "begin"
    """Before the first step of a unit."""
    PAUSE = "pause"
    """The unit gives way or sleeps: a `Pause` of a script, `sleep`, a wait that is over."""
    WAIT = "wait"
    """The unit waits for another: a lock, an event, a queue, a result."""
    END = "end"
    """The unit has ended."""
    ACCESS = "access"
    """Before an operation on a tracked object."""
    ENTER = "enter"
    """A function of a watched file begins."""
    LOOP = "loop"
    """A loop of a watched file goes round."""
    CALL = "call"
    """Before a call."""
    RETURNED = "returned"
    """After a call."""
    LOAD = "load"
    """Before a shared name, attribute or item is read."""
    STORE = "store"
    """Before a shared name, attribute or item is written."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place where a unit may be switched out; made once, not for each time that a unit comes by."""

    role: Role
    needs: Feasibility
    """The weakest scheduler that can switch here."""
    file: str = ""
    """The source file; empty where only the host can tell, for a unit that stands here."""
    line: int = 0
    column: int = 0
    object: str = ""
    """The shared object that the next operation touches, if that is known."""
    writes: bool = False
    touch: Touch | None = field(init=False, repr=False, compare=False)
    """These two, as a step has them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "touch", (self.object, self.writes) if self.object else None)


class Anchor(NamedTuple):
    """Where a unit stands, in terms that survive another version of Python."""

    role: str
    file: str
    line: int
    occurrence: int
    """How often this unit has stood there in this schedule, this time included."""


BEGIN = Point(Role.BEGIN, Feasibility.SEQUENTIAL)
PAUSED = Point(Role.PAUSE, Feasibility.JITTER)
WAITING = Point(Role.WAIT, Feasibility.JITTER)
ENDED = Point(Role.END, Feasibility.SEQUENTIAL)

WORLD: tuple[Touch, ...] = (("*", True),)
"""What a step touches of which that is not known: it may disturb, and be disturbed by, any other."""

BIRTH: Touch = ("the number of units", True)
"""What a step touches that adds a unit: numbers are given in order, so the order of births matters."""
