"""Runs gevent's greenlets one step at a time in the order that an execution picks, in a hub whose loop is virtual."""

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from gevent._waiter import Waiter
from gevent.greenlet import Greenlet
from greenlet import GreenletExit, getcurrent, greenlet

from harness.controlled._gevent.clock import Clock
from harness.controlled._gevent.grants import Grants
from harness.controlled._gevent.heads import HANDS_ON
from harness.controlled._gevent.kills import Kills
from harness.controlled._gevent.loop import Callback, Timer, VirtualLoop
from harness.controlled._gevent.memory import Memory
from harness.controlled._gevent.unit import GreenletUnit
from harness.controlled._gevent.words import ANOTHER, tell_waits, told, waits_for
from harness.controlled._line import Line
from harness.controlled._native_thread import NativeThread
from harness.controlled._place import NOWHERE, Place, beginning, place
from harness.core.execution import NOBODY, Execution, Fate
from harness.core.points import PAUSED

SPINS = 1_000
"""Steps in a row that may pass while somebody waits for a time: then the clock of an idle hub would have moved on."""
AFTERMATH = 32
"""Steps that other greenlets may still go on when all units of the program have ended, before they are killed."""


class Picker:
    """One schedule: its units by their numbers; None stands for the clock, and for kills that are to come."""

    def __init__(self, loop: VirtualLoop, hub: greenlet, memory: Memory, execution: Execution) -> None:
        self.execution = execution
        self.units: list[GreenletUnit | None] = []
        self.thread = NativeThread()
        self.failure: BaseException | None = None
        """What ends more than this schedule: Ctrl-C."""
        self.loop = loop
        self._hub = hub
        self._memory = memory
        self.line = Line(execution.ready, in_place=True)
        self.by_greenlet: dict[greenlet, GreenletUnit] = {}
        self._children = 0
        self._clock = Clock(loop, self.line, execution, self.call)
        self._grants = Grants(self)
        self._kills = Kills(self)
        self._roots = self._aftermath = self._spins = 0
        self._stopping = False

    def add(self, name: str, call: Callable[..., Any], *args: Any) -> None:
        """Take in one of the program's units."""
        each = Greenlet(call, *args)
        each.start()
        entry = self.loop.soon.pop()
        self._adopt(each, entry, name).root = True
        self._roots += 1

    def run(self) -> None:
        """Run the schedule to its fate, in the hub."""
        execution, units, soon, clock = self.execution, self.units, self.loop.soon, self._clock
        try:
            self.drain()
            while self.failure is None:
                if (clock.timeouts or clock.offered) and clock.offer():
                    units.append(None)
                if self.line.due:
                    self._spins += 1
                    if self._spins > SPINS:
                        self._spins = 0
                        clock.move_on()
                        self.drain()
                if self._grants.units:
                    self._grants.look()
                if self.line.marks:
                    self.line.settle()
                if not self._roots and execution.fate is None:
                    self._leave()
                number = execution.pick()
                if number == NOBODY:
                    break
                unit = units[number]
                if unit is None:
                    if number in self._kills.pending:
                        self._kills.strike(number)
                    elif clock.tick():
                        units.append(None)
                    self.drain()
                    continue
                self._step(unit)
                if soon:
                    self.drain()
                # Not always the one that was picked: a callback may have run others after it.
                unit = units[execution.current]
                if unit is not None and not unit.ready:
                    self.settle(unit)
            if execution.fate is Fate.DEADLOCK:
                tell_waits(execution, units)
        finally:
            self._stop()

    def locate(self, number: int) -> Place:
        """Return where a unit stands in the code of the program."""
        unit = self.units[number]
        if unit is None or unit.ended:
            return NOWHERE
        if unit.begun:
            return place(unit.greenlet.gr_frame)
        return beginning(getattr(unit.greenlet, "_run", None))

    def switched(self, unit: GreenletUnit, args: tuple[Any, ...]) -> Any:
        """Keep gevent's wish to switch to a unit until it is picked, unless this is its turn."""
        if getcurrent() is not self._hub:
            self._strayed(unit)
        if unit is self._grants.to:
            self._grants.to = None
            return unit.switch_now(*args)
        if unit.ready or unit.ended:
            # It goes on anyway: with an exception, or with the first of several results that it looks through itself.
            return None
        if self._grants.running:
            return self._grants.at_once(unit, args)
        return self.keep(unit, unit.switch_now, args)

    def thrown(self, unit: GreenletUnit, args: tuple[Any, ...]) -> Any:
        """Keep gevent's wish to raise something in a unit until it is picked; one that has not begun ends now."""
        if getcurrent() is not self._hub:
            self._strayed(unit)
        if unit.ended:
            return None
        if not unit.begun:
            try:
                return unit.throw_now(*args)
            finally:
                self._gone(unit)
        if unit.ready and unit.number not in self.line.due and not self._clock.fires:
            self._kills.add(unit, args)
        else:
            self.throw(unit, args)
        return None

    def throw(self, unit: GreenletUnit, args: tuple[Any, ...]) -> None:
        """Raise something in a unit when it is picked, instead of what it was to go on by."""
        if unit.throws:
            unit.more.append(args)
            return
        entry, unit.entry = unit.entry, None
        if entry is not None:
            entry.unit = None
            if unit in self._grants.units:
                self._grants.units.remove(unit)
                self.loop.soon.appendleft(entry)
        unit.throws = True
        self.keep(unit, unit.throw_now, args)

    def cancelled(self, entry: Callback | Timer) -> None:
        """Take note that what a unit was to go on by will not come: it was killed before it began, or waits again."""
        unit, entry.unit = entry.unit, None
        if not isinstance(unit, GreenletUnit) or self._stopping or unit.entry is not entry:
            return
        unit.entry = None
        if not unit.begun:
            self._gone(unit)
        elif unit in self._grants.units:
            self._grants.withdraw(unit)

    def refuse(self, what: str, advice: str) -> None:
        """Give up control because of what the running unit wants."""
        execution = self.execution
        if execution.fate is None:
            unit = self.units[execution.current] if execution.current != NOBODY else None
            name = unit.name if unit else "the program"
            stands = place(sys._getframe())
            execution.lose_control(
                f"{name} waits for {what}{told(stands)}, and that comes as it likes: {advice}"
            )

    def failed(self, context: Any, error: BaseException) -> None:
        """Take an error that gevent handed to the hub: a unit's own, else it counts for the unit that ran."""
        if isinstance(error, KeyboardInterrupt):
            self.failure = error
        elif not isinstance(error, GreenletExit) and not self._stopping:
            unit = self.by_greenlet.get(context) if isinstance(context, greenlet) else None
            if unit is None and self.execution.current != NOBODY:
                unit = self.units[self.execution.current]
            if unit is None:
                self.execution.trouble = f"a callback failed: {error!r}"
            elif unit.error is None:
                unit.error = error
                if unit.ended:
                    self.execution.errors[unit.number] = error

    def drain(self) -> None:
        """Look at what gevent asked for, in order: keep what makes a unit go on, do the rest at once."""
        loop, line, by_greenlet = self.loop, self.line, self.by_greenlet
        soon = loop.soon
        while soon:
            entry = soon.popleft()
            callback = entry.callback
            if callback is None:
                continue
            owner = getattr(callback, "__self__", None)
            if entry.origin is not None:
                line.running = entry.origin
                line.running = line.mark()
            if isinstance(entry, Timer):
                self._take_timer(entry, owner)
            elif type(owner) is Waiter and owner.greenlet is not None and callback.__name__ == "switch":
                # What `sleep(0)` asks for; to call it would come to the same.
                unit = by_greenlet.get(owner.greenlet) or self._adopt(owner.greenlet)
                if not unit.ready:
                    self.keep(unit, unit.switch_now, entry.args or ())
                entry.stop()
            elif isinstance(owner, greenlet) and callback.__name__ == "switch":
                self._adopt(owner, entry)
            elif isinstance(owner, HANDS_ON) and (first := self._grants.head(entry)):
                self._grants.put_off(entry, first)
            else:
                # Before its turn in the hub's queue; whom it lets go on, and what it asks for, is kept for then.
                mark = line.running = loop.origin = line.running or line.mark()
                asked = len(soon)
                self.call(entry)
                loop.origin = None
                if mark is not None and not mark.brought and len(soon) == asked:
                    line.drop(mark)
            line.running = None

    def _take_timer(self, entry: Timer, owner: Any) -> None:
        assert entry.callback is not None
        assert entry.args is not None
        if type(owner) is Waiter and owner.greenlet is not None and entry.args[:1] == (owner,):
            unit = self.by_greenlet.get(owner.greenlet) or self._adopt(owner.greenlet)
            entry.unit = unit
            if not unit.throws:
                self.keep(unit, unit.switch_now, entry.args, entry)
        elif isinstance(owner, greenlet) and entry.callback.__name__ == "switch":
            self._adopt(owner, entry)
        elif entry.after <= 0:
            self.call(entry)
        else:
            self._clock.put(entry)

    def call(self, entry: Callback | Timer) -> None:
        """Call back at once; what it raises is kept."""
        callback = entry.callback
        try:
            entry.run()
        except BaseException as error:
            self.failed(callback, error)

    def _adopt(self, each: greenlet, entry: Callback | Timer | None = None, name: str = "") -> GreenletUnit:
        """Make a unit of a greenlet, which is to begin by this entry; without one it has begun, behind our back."""
        execution = self.execution
        if not name:
            self._memory.want()
            spawner = self.units[execution.current] if execution.current != NOBODY else None
            if spawner is None:
                self._children += 1
                name = f"main/{self._children}"
            else:
                spawner.children += 1
                name = f"{spawner.name}/{spawner.children}"
        number = execution.add(name)
        unit = GreenletUnit(self, each, name, number)
        self.units.append(unit)
        self.by_greenlet[each] = unit
        if entry is None:
            unit.begun = True
            execution.pending[number] = PAUSED
            execution.ready.pop()
        else:
            unit.ready = True
            unit.entry = entry
            unit.with_ = entry.args or ()
            entry.unit = unit
            if type(entry) is Timer:
                self.line.sleep(entry.due)
            else:
                self.line.place()
        return unit

    def keep(
        self, unit: GreenletUnit, resume: Callable[..., Any], args: tuple[Any, ...], entry: Any = None
    ) -> None:
        """Let a unit be ready to go on by this call."""
        unit.resume, unit.with_, unit.entry = resume, args, entry
        if unit.ready:
            if unit.number in self.line.due:
                self.line.hurry(unit.number)
            return
        unit.ready = True
        execution = self.execution
        if unit.number in execution.waiting:
            execution.wake(unit.number)
        else:
            execution.park(unit.number)
        if type(entry) is Timer:
            self.line.sleep(entry.due)
        else:
            self.line.place()

    def _step(self, unit: GreenletUnit) -> None:
        """Let a unit go on until it comes back to the hub, or ends."""
        line = self.line
        if line.due or line.marks:
            sleeps = line.due.get(unit.number)
            line.picked(unit.number)
            if sleeps is not None:
                self._clock.sleep(sleeps)
                self._spins = 0
        entry = unit.entry
        if entry is not None:
            unit.entry = entry.unit = None
            if unit.resume != self._grants.give:
                entry.callback = None
        unit.ready = unit.throws = False
        unit.begun = True
        try:
            # Not kept: it may be a greenlet that has ended, whose `id()` is to be free for others.
            args, unit.with_ = unit.with_, ()
            unit.resume(*args)
        except BaseException as error:
            # A greenlet of gevent's keeps its errors; a raw one's come up here.
            self.failed(None, error)

    def settle(self, unit: GreenletUnit) -> None:
        """Take note of how a unit is left that is not ready to go on: it ended, or it waits."""
        if unit.ended:
            return
        if unit.greenlet.dead:
            self._end(unit)
        elif unit.more:
            unit.throws = True
            self.keep(unit, unit.throw_now, unit.more.pop(0))
        else:
            execution = self.execution
            execution.wait(unit.number, waits_for(unit, self.units) if execution.words else ANOTHER)

    def _end(self, unit: GreenletUnit) -> None:
        unit.ended = True
        self._roots -= unit.root
        each = unit.greenlet
        if isinstance(each, Greenlet):
            # One of the program's that was killed has no result: what gevent has for one is equal to no other.
            killed = each.value if unit.root and isinstance(each.value, GreenletExit) else None
            result = None if killed is not None else each.value
            self.execution.end(unit.number, result, each.exception or unit.error or killed)
        else:
            self.execution.end(unit.number, None, unit.error)
        del self.by_greenlet[each]
        unit.free()
        if unit.kills:
            self._kills.forget(unit)

    def _gone(self, unit: GreenletUnit) -> None:
        """End a unit that was killed before it began."""
        if unit.ready:
            unit.ready = False
            self.line.leave(unit.number)
        if not unit.ended:
            self._end(unit)

    def _leave(self) -> None:
        """Kill the greenlets that are left a while after the program's own units have ended, as its process would."""
        execution = self.execution
        if not execution.ready and not execution.waiting:
            return
        self._aftermath += 1
        if self._aftermath > AFTERMATH or not any(number != self._clock.unit for number in execution.ready):
            self._stopping = True
            self._kill()
            execution.ready.clear()
            execution.waiting.clear()

    def _strayed(self, unit: GreenletUnit) -> NoReturn:
        self.refuse(
            f"its switch to {unit.name} past gevent's hub", "let greenlets wake each other by gevent's means"
        )
        raise GreenletExit

    def _kill(self) -> None:
        for unit in self.units:
            if unit is not None and not unit.ended:
                unit.stop(self.failed)

    def _stop(self) -> None:
        """End all greenlets that are left, and give back what the schedule took."""
        self._stopping = True
        self._kill()
        self.loop.soon.clear()
        self.loop.time = 0.0
        for unit in self.by_greenlet.values():
            unit.free()
        self.thread.close()
        # Cycles would be the garbage collector's work, in the midst of a later schedule.
        self.units.clear()
        del self._clock, self._grants, self._kills
