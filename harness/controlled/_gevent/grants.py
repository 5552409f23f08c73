"""Callbacks that hand on a lock or an item, put off until the first in the line for it is picked."""

from collections.abc import Callable
from typing import Any, Protocol

from greenlet import greenlet

from harness.controlled._gevent.heads import head
from harness.controlled._gevent.loop import Callback, Timer, VirtualLoop
from harness.controlled._gevent.unit import GreenletUnit
from harness.controlled._line import Line
from harness.core.execution import NOBODY, Execution


class Picking(Protocol):
    """What runs the schedule."""

    execution: Execution
    loop: VirtualLoop
    line: Line
    units: list[GreenletUnit | None]
    by_greenlet: dict[greenlet, GreenletUnit]

    def keep(
        self, unit: GreenletUnit, resume: Callable[..., Any], args: tuple[Any, ...], entry: Any = None
    ) -> None:
        """Let a unit be ready to go on by this call."""

    def settle(self, unit: GreenletUnit) -> None:
        """Take note of how a unit is left that is not ready to go on."""

    def drain(self) -> None:
        """Look at what gevent asked for."""

    def call(self, entry: Callback | Timer) -> None:
        """Call back at once."""


class Grants:
    """The units that such callbacks were put off for."""

    def __init__(self, picking: Picking) -> None:
        self.units: list[GreenletUnit] = []
        self.to: GreenletUnit | None = None
        """Whom the callback that runs now was put off for, until it gets there."""
        self.running = False
        self._picking = picking

    def head(self, entry: Callback) -> GreenletUnit | None:
        """Return the unit that a callback would switch to first."""
        late = entry.args[0] if entry.args else ()
        return head(getattr(entry.callback, "__self__", None), late, self._picking.by_greenlet.get)

    def put_off(self, entry: Callback, unit: GreenletUnit) -> None:
        """Let a callback wait until a unit is picked."""
        entry.unit = unit
        self.units.append(unit)
        self._picking.keep(unit, self.give, (unit, entry), entry)

    def give(self, unit: GreenletUnit, entry: Callback) -> None:
        """Let a unit take what it waited for, and those who can take of it after it."""
        self.units.remove(unit)
        self.to, self.running = unit, True
        try:
            entry.run()
        finally:
            self.to, self.running = None, False

    def at_once(self, unit: GreenletUnit, args: tuple[Any, ...]) -> Any:
        """Run another unit in the same callback, as gevent does: nobody else can come in between."""
        picking = self._picking
        execution = picking.execution
        before = picking.units[execution.current]
        self.running = False
        picking.drain()
        if before is not None and not before.ready:
            picking.settle(before)
        self.running = True
        if unit.ready or unit.ended:
            return None
        execution.wake(unit.number)
        others = [number for number in execution.ready if number != unit.number]
        execution.ready[:] = [unit.number]
        chosen = execution.pick()
        execution.ready[:] = others
        return unit.switch_now(*args) if chosen != NOBODY else None

    def look(self) -> None:
        """Give what was put off for a unit to another, in its place, when that is now the first to take it."""
        picking = self._picking
        ready = picking.execution.ready
        for unit in tuple(self.units):
            entry = unit.entry
            if not isinstance(entry, Callback) or (first := self.head(entry)) is unit:
                continue
            at = ready.index(unit.number)
            entry.unit = unit.entry = None
            self.withdraw(unit)
            if first is None:
                picking.call(entry)
                picking.drain()
            else:
                self.put_off(entry, first)
                ready.remove(first.number)
                ready.insert(at, first.number)

    def withdraw(self, unit: GreenletUnit) -> None:
        """Let a unit wait on."""
        self.units.remove(unit)
        unit.ready = False
        self._picking.line.leave(unit.number)
        self._picking.settle(unit)
