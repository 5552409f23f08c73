"""What is to be raised in greenlets that are ready to go on without it: which of the two comes first is a choice."""

from typing import Any, Protocol

from harness.controlled._gevent.loop import VirtualLoop
from harness.controlled._gevent.unit import GreenletUnit
from harness.controlled._line import Line
from harness.core.execution import KILL, Execution


class Picking(Protocol):
    """What runs the schedule."""

    execution: Execution
    loop: VirtualLoop
    line: Line
    units: list[GreenletUnit | None]

    def throw(self, unit: GreenletUnit, args: tuple[Any, ...]) -> None:
        """Raise something in a unit when it is picked."""


class Kills:
    """A pseudo-unit for each kill: an idle hub lets a greenlet go on first whose pause is over; a pause may last."""

    def __init__(self, picking: Picking) -> None:
        self.pending: dict[int, tuple[GreenletUnit, tuple[Any, ...]]] = {}
        """By the numbers of the pseudo-units, whom they kill and with what."""
        self._picking = picking

    def add(self, unit: GreenletUnit, args: tuple[Any, ...]) -> None:
        """Take in a kill, in its place among the ready units."""
        picking = self._picking
        unit.kills += 1
        number = picking.execution.add(
            f"{unit.name}/{KILL}" + (f"/{unit.kills}" if unit.kills > 1 else ""),
        )
        picking.units.append(None)
        picking.line.place()
        self.pending[number] = unit, args

    def strike(self, number: int) -> None:
        """Do what was picked."""
        picking = self._picking
        line, loop = picking.line, picking.loop
        line.picked(number)
        picking.execution.end(number)
        unit, args = self.pending.pop(number)
        line.running = loop.origin = line.front()
        if unit.ready and not unit.throws:
            line.hurry(unit.number)
        picking.throw(unit, args)
        line.running = loop.origin = None

    def forget(self, unit: GreenletUnit) -> None:
        """Take out what was to kill a unit that has ended."""
        picking = self._picking
        for number in [number for number, (killed, _) in self.pending.items() if killed is unit]:
            del self.pending[number]
            picking.line.leave(number)
            picking.execution.end(number)
