"""What the moments of a schedule mean: who did each, and when each unit was away and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.core.execution import CLOCK, KILL, NOBODY, family
from harness.core.history import Event, History, Kind
from harness.core.points import Role
from harness.explorer.places import in_short, place
from harness.explorer.telling.located import Moment, Tape, What

MOST_TOLD = 3
"""Switches that one sentence tells one by one."""
AN_ITEM = "an item"
"""Of a container, which the source need not name."""
NO_SWITCH = "no switch is needed for that"


@dataclass(frozen=True, slots=True)
class Happened:
    """The sentence, and for the moments that prove it their marks: ``write``, ``read`` and ``switch``."""

    sentence: str
    marks: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absence:
    """A stretch in which a unit under way did not run: from the turn that left it to the one that brought it back."""

    begins: int
    ends: int
    turn: Moment

    def around(self, at: int) -> bool:
        """Tell whether a moment fell into it."""
        return self.begins < at < self.ends


class Tale:
    """What the moments of a schedule mean: who did each, and when each unit was away."""

    def __init__(self, tape: Tape, history: History) -> None:
        self.tape = tape
        self.moments: Sequence[Moment] = tape.moments
        self.events: list[Event] = list(history)
        self.at = {
            moment.seq: index for index, moment in enumerate(self.moments) if moment.what is What.EVENT
        }

    def who(self, index: int, unit: int | None = None) -> str:
        """Return who did something: of a unit that serves several requests, the request; else the unit."""
        moment = self.moments[index]
        unit = moment.unit if unit is None else unit
        name = self.tape.names[unit]
        if "/" in name:
            return name
        own = [
            (place, each)
            for place, each in enumerate(self.moments)
            if each.what is What.EVENT and each.unit == unit and self.events[each.seq].kind is Kind.ENTER
        ]
        begun = [self.events[each.seq].request for place, each in own if place <= index]
        first = [self.events[each.seq].request for _, each in own]
        return (begun[-1:] or first[:1] or [name])[0]

    def absences(self, unit: int) -> list[Absence]:
        """Return when a unit that had begun and not ended did not run."""
        found = []
        left: tuple[int, Moment] | None = None
        for index, moment in enumerate(self.moments):
            if moment.what is not What.TURN:
                continue
            if moment.left == unit and moment.unit != unit and moment.role != Role.END:
                left = (index, moment)
            elif moment.unit == unit and left is not None:
                found.append(Absence(left[0], index, left[1]))
                left = None
        if left is not None:
            found.append(Absence(left[0], len(self.moments), left[1]))
        return [each for each in found if each.turn.unit != NOBODY]

    def absence(self, unit: int, at: int) -> Absence | None:
        """Return the absence into which a moment fell."""
        return next((each for each in self.absences(unit) if each.around(at)), None)

    def overtakings(self) -> list[int]:
        """Return the turns at which a unit was left before its end, in order."""
        return [
            index
            for index, moment in enumerate(self.moments)
            if moment.what is What.TURN
            and NOBODY not in (moment.left, moment.unit)
            and moment.left != moment.unit
            and moment.role != Role.END
        ]

    def overtaken(self, index: int, by: str = "", subject: str = "") -> str:
        """Say how a unit was left: ``was overtaken by r2 at shop.py:14``, or what it waited for."""
        turn = self.moments[index]
        by = by or self.who(index)
        where = place(turn.file, turn.line)
        at = f" at {where}" if where else ""
        if family(by) == CLOCK:
            by = "a time-out"
        elif KILL in by.split("/")[1:]:
            by = "a kill"
        if turn.could:
            return f"{subject}was overtaken by {by}{at}"
        why = f" for {in_short(turn.waits)}" if turn.waits else ""
        return f"{subject}waited{at}{why} while {by} went on"

    def preemptions(self) -> list[int]:
        """Return the turns at which a unit was left that could have gone on, in order."""
        return [index for index in self.overtakings() if self.moments[index].could]

    def chain(self, turns: Sequence[int]) -> str:
        """Tell one switch after the other; of many the first and the last."""
        told = [
            self.overtaken(index, subject=f"{self.who(index, self.moments[index].left)} ") for index in turns
        ]
        if len(told) > MOST_TOLD:
            return f"{told[0]}, and after {len(told) - 2} more switches {told[-1]}"
        return ", then ".join(told)

    def alone(self) -> str:
        """Say that no switch is needed, where there was none."""
        return "" if self.overtakings() else f" {NO_SWITCH.capitalize()}."


def code(name: str) -> str:
    """Return the name of what is shared, as a sentence shows it."""
    return name if name == AN_ITEM else f"`{name}`" if name else "its value"


def called(shared: str) -> str:
    """Return the name of a shared object as the source has it; hosts put before it where it is kept."""
    return AN_ITEM if shared == "item" else shared.rpartition(":")[2]
