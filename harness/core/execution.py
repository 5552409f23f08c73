"""One schedule being run: a state machine that knows which units can go on, and asks a scheduler who does.

Exactly one unit runs at a time. It runs until it parks at a switch point, waits for something, or ends; then the host
calls ``pick`` and lets the unit go on that it names. Everything that happens between two picks is one *step*.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol

from harness.core.points import BEGIN, BIRTH, ENDED, PAUSED, WAITING, Anchor, Point, Role, Touch

CLOCK = "clock"
"""The name of the pseudo-unit whose steps let time-outs fire early; further ones are ``clock/2``, …"""
KILL = "kill"
"""Ends the name of the pseudo-unit whose step is that a unit is killed: ``r1/2/kill``, ``r1/2/kill/2``, …"""
NOBODY = -1
"""In place of a unit: before the first pick, and when none can be picked any more."""
MOST_STEPS = 20_000
"""Steps after which a schedule is given up as inconclusive."""
PATIENCE = 64
"""Pauses that a unit may make in a row before the default lets another go on: `while not ready: sleep(0)` must end."""
LONG_PATIENCE = 5_000
"""Switch points of any kind that a unit may pass in a row, for one that spins without a pause."""
SPINS = 1_000
"""Steps that may pass while somebody waits for a time: then an idle host's clock would have come to it, and a host lets
its own come to it as well, or units that go round until a time-out fires would do so for ever."""
REPEATED = 200
"""Of a schedule that was given up, the last steps that tell a livelock: if they are few places over and over."""


# Names of the module are found faster than members of an enumeration, and every step asks for them.
PAUSE, END = Role.PAUSE, Role.END


def family(name: str) -> str:
    """Return the name of the unit that began the one of this name, or began who did: ``r1`` of ``r1/2/1``."""
    return name.partition("/")[0]


class Fate(StrEnum):
    """How a schedule ended."""

    DONE = "done"
    """Every unit ended."""
    DEADLOCK = "deadlock"
    """Units are left, and each waits for something that only another could bring."""
    LIVELOCK = "livelock"
    """It was given up: the units that could go on went round in circles."""
    CAPPED = "capped"
    """It was given up after many steps."""
    UNCONTROLLED = "uncontrolled"
    """A unit did what the host cannot control; ``Execution.trouble`` tells it."""


class Scheduler(Protocol):
    """Chooses who goes on; ``execution`` tells who can, and who ran last."""

    def begin(self) -> bool:
        """Begin the next schedule; False when there is none left."""

    def pick(self, execution: "Execution") -> int:
        """Return one of ``execution.ready``, which has two or more."""

    def done(self, execution: "Execution") -> None:
        """Take note of how the schedule went that just ended."""


class Execution:
    """One schedule from its beginning to its fate.

    ``locate`` returns (file, line) of a unit that stands still; with it the execution notes an anchor for each step,
    which is slow and therefore only done to explain or to replay. A host calls ``add``, ``park``, ``wait``, ``wake``,
    ``end``, ``touch``, ``pick`` and ``stand``; whoever runs units by these must stop all of them once ``fate`` is set.
    """

    words = False
    """Whether somebody reads what units wait for; a host that must search for the words may leave them out if not."""

    __slots__ = (
        "_clocks", "_counts", "_held", "_owed", "_pauses", "_row", "_unasked_until", "_usual_until", "anchors",
        "cap", "contested", "current", "errors", "fate", "locate", "names", "options", "pending", "preempted",
        "preemptions", "ran", "ready", "results", "scheduler", "switches", "tired", "touched", "touches",
        "tracked", "trouble", "waiting",
    )  # fmt: skip

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        tracked: bool = False,
        locate: Callable[[int], tuple[str, int]] | None = None,
        cap: int = MOST_STEPS,
    ) -> None:
        self.scheduler = scheduler
        self.tracked = tracked
        self.locate = locate
        self.cap = cap
        self.names: list[str] = []
        self.pending: list[Point] = []
        self.results: list[Any] = []
        self.errors: list[BaseException | None] = []
        self.ready: list[int] = []
        """The parked units that can go on, the one that has waited longest first."""
        self.waiting: dict[int, str] = {}
        """The units that wait for another, and for what."""
        self.current = NOBODY
        """The unit that runs, or ran last."""
        self.ran: list[int] = []
        """The unit that ran in each step."""
        self.options: list[tuple[int, ...]] = []
        """For each step, all units that could have run it."""
        self.touches: list[tuple[Touch, ...]] = []
        """For each step that has ended, what it touched, in order: all of it where the program is tracked, else what
        was announced or told by the point that it began at."""
        self.touched: list[Touch] = []
        """What the running step has touched so far."""
        self.anchors: list[Anchor | None] = []
        """For each step, where the unit stood that ran before it; only with ``locate``."""
        self.preemptions = 0
        """How often a unit was switched out that could have gone on."""
        self.preempted: list[Point] = []
        """Where that was."""
        self.switches = 0
        """How often a unit was left, preempted or waiting, before its end."""
        self.contested = 0
        """Switch points at which a unit under way could go on and another could too."""
        self.fate: Fate | None = None
        self.trouble = ""
        self._row = 0
        """The first of the last steps in a row that one unit ran."""
        self._pauses = 0
        """How often it paused in these."""
        self.tired = False
        """Whether the unit that ran has been patiently waited for: switching it out is then no preemption."""
        self._clocks: set[int] = set()
        self._owed: dict[int, set[int]] = {}
        """For each unit that was left for lack of patience, those that could go on then and have not yet."""
        self._held: dict[int, list[Touch]] = {}
        """For each unit, the operations that it is in the middle of."""
        self._counts: dict[tuple[int, str, str, int], int] = {}
        self._usual_until = 0
        """The step before which the unit that runs can end one without anything that is seldom being the case."""
        self._unasked_until = 0
        """The step before which the unit that runs goes on without the scheduler being asked."""

    def add(self, name: str) -> int:
        """Take in a unit that can begin, and return its number."""
        unit = len(self.names)
        self.names.append(name)
        self.pending.append(BEGIN)
        self.results.append(None)
        self.errors.append(None)
        self.ready.append(unit)
        self._unasked_until = 0
        if name.startswith(CLOCK) and family(name) == CLOCK:
            self._clocks.add(unit)
        if self.tracked:
            self.touched.append(BIRTH)
        return unit

    def park(self, unit: int, point: Point = PAUSED) -> None:
        """Let a unit stand at a switch point from which it can go on."""
        self.pending[unit] = point
        self.ready.append(unit)

    def wait(self, unit: int, on: str) -> None:
        """Let a unit wait for something, told in words, that another unit must bring."""
        self.pending[unit] = WAITING
        self.waiting[unit] = on
        self._unasked_until = 0
        if self.tracked:
            self.touched.append((f"the waiting of {unit}", True))

    def wake(self, unit: int) -> None:
        """Let a unit that waited go on."""
        if self.waiting.pop(unit, None) is not None:
            self.ready.append(unit)
            self._unasked_until = 0
            if self.tracked:
                self.touched.append((f"the waiting of {unit}", True))

    def end(self, unit: int, result: Any = None, error: BaseException | None = None) -> None:
        """Take a unit's end, with what it returned or raised."""
        self.pending[unit] = ENDED
        self.results[unit] = result
        self.errors[unit] = error

    def touch(self, name: str, writes: bool) -> None:
        """Note that the running step touches a shared object: a value, a lock, an event, an end that others join."""
        self.touched.append((name, writes))

    def hold(self, name: str, writes: bool) -> None:
        """Begin an operation on a shared object: until ``let_go`` each step of the running unit touches it."""
        touch = (name, writes)
        if self._usual_until:
            self._begin_unusual()
        self.touched.append(touch)
        self._held.setdefault(self.current, []).append(touch)

    def let_go(self) -> None:
        """End the operation that the running unit began last."""
        held = self._held[self.current]
        self.touched.append(held.pop())
        if not held:
            del self._held[self.current]

    def lose_control(self, trouble: str) -> None:
        """End this schedule because a unit did what cannot be controlled; told in a sentence."""
        self.fate = Fate.UNCONTROLLED
        self.trouble = trouble
        self._begin_unusual()

    def block(self, on: str) -> None:
        """End this schedule because the running unit waits, told in words, and keeps the thread that all units need."""
        self.pending[self.current] = WAITING
        self.waiting = {self.current: on, **self.waiting}
        self.fate = Fate.DEADLOCK
        self._begin_unusual()

    def pick(self) -> int:
        """End the running step and return the unit that runs the next, or NOBODY: then ``fate`` tells why."""
        ready, current, touched, ran = self.ready, self.current, self.touched, self.ran
        if current >= 0:
            if self._held and (held := self._held.get(current)):
                touched.extend(held)
            self.touches.append(tuple(touched) if touched else ())
        if touched:
            touched.clear()
        if self.fate is not None:
            return NOBODY
        if not ready:
            self.fate = Fate.DEADLOCK if self.waiting else Fate.DONE
            return NOBODY
        if len(ran) >= self.cap:
            self.fate = Fate.LIVELOCK if self._circles() else Fate.CAPPED
            return NOBODY
        if self.locate is not None:
            self.anchors.append(self._anchor(current) if current >= 0 else None)
        options = tuple(ready)
        chosen = options[0] if len(options) == 1 else self.scheduler.pick(self)
        return self._take(chosen, options)

    def stand(self, point: Point) -> int:
        """Let the running unit stand at a switch point, and pick: what ``park`` and ``pick`` do, in one call."""
        ran, unit = self.ran, self.current
        if len(ran) >= self._usual_until:
            self.park(unit, point)
            return self.pick()
        ready, touched = self.ready, self.touched
        self.pending[unit] = point
        self.touches.append(tuple(touched) if touched else ())
        if touched:
            touched.clear()
        if len(ran) < self._unasked_until:
            self.options.append(self.options[-1])
            self.contested += 1
        elif ready:
            ready.append(unit)
            options = tuple(ready)
            chosen = self.scheduler.pick(self)
            if chosen != unit:
                return self._take(chosen, options)
            self.options.append(options)
            ready.pop()
            self.contested += 1
        else:
            self.options.append((unit,))
        if point.role is PAUSE:
            self._paused()
        ran.append(unit)
        if point.touch is not None and not self.tracked:
            touched.append(point.touch)
        return unit

    def let_go_on(self, until: int) -> None:
        """Let the unit that the scheduler is about to pick go on, if it runs, without asking before this step.

        It is asked all the same as soon as another unit becomes ready, or this one has lost patience.
        """
        self._unasked_until = min(until, self._usual_until)

    def default(self) -> int:
        """Return who goes on unless a scheduler wants otherwise: the unit that ran, else who has waited longest.

        A unit that pauses over and over is demoted, or it would starve the one that it waits for. No time-out fires
        before its time: the host puts the clock behind all who are ready by then, and there it is never the default.
        """
        ready = self.ready
        if self.current in ready and not self.tired:
            return self.current
        choices = self.choices()
        if not self._clocks:
            return choices[0]
        first = ready[0]
        return next((unit for unit in choices if unit not in self._clocks or unit == first), first)

    def choices(self) -> Sequence[int]:
        """Return the units that may go on without starving another, who has waited longest first.

        One that was left for lack of patience may not go on again before all others that could (fair scheduling:
        Musuvathi and Qadeer, PLDI 2008), or two that wait for a third in loops would take turns for ever.
        """
        if self.rested():
            return self.ready
        ready, owed = self.ready, self._owed
        tired = self.current if self.tired else NOBODY
        fair = [unit for unit in ready if unit != tired and owed.get(unit, set()).isdisjoint(ready)]
        return fair or ready

    def rested(self) -> bool:
        """Tell whether no unit is to stand back, or to be left, for lack of patience."""
        return not self._owed and not self.tired

    def going_on(self) -> Sequence[int]:
        """Return the units that have begun and not ended, in the order of their numbers."""
        begun = set(self.ran)
        return [
            unit for unit, point in enumerate(self.pending) if unit in begun and point.role is not Role.END
        ]

    def _take(self, chosen: int, options: tuple[int, ...]) -> int:
        """Let one of those who could go on run the next step."""
        current = self.current
        if chosen == current:
            self.contested += len(options) > 1
            self._unasked_until = 0
            if self.pending[current].role is PAUSE:
                self._paused()
            if len(self.ran) - self._row > LONG_PATIENCE:
                self.tired = True
        else:
            if current in options:
                self._preempt(current, options)
            elif current >= 0 and self.pending[current].role is not END:
                self.switches += 1
            if self._owed:
                self._pay(chosen)
            self._row = row = len(self.ran)
            self._pauses = self._unasked_until = 0
            self.tired = False
            self._usual_until = min(self.cap, row + LONG_PATIENCE)
            # Asked for last, for control may be lost at any moment.
            if self.locate is not None or self._held or self.fate is not None:
                self._usual_until = 0
        self.ready.remove(chosen)
        self.options.append(options)
        self.ran.append(chosen)
        self.current = chosen
        touch = self.pending[chosen].touch
        if touch is not None and not self.tracked:
            self.touched.append(touch)
        return chosen

    def _preempt(self, current: int, options: tuple[int, ...]) -> None:
        self.contested += 1
        self.switches += 1
        if self.tired:
            self._owed[current] = set(options) - {current}
        else:
            self.preemptions += 1
            self.preempted.append(self.pending[current])

    def _pay(self, chosen: int) -> None:
        """Owe nobody any more who goes on, and forget what the one was owed who goes on."""
        owed = {unit: others - {chosen} for unit, others in self._owed.items() if unit != chosen}
        self._owed = {unit: others for unit, others in owed.items() if others}

    def _begin_unusual(self) -> None:
        self._usual_until = self._unasked_until = 0

    def _paused(self) -> None:
        self._pauses += 1
        if self._pauses > PATIENCE:
            self.tired = True
            self._begin_unusual()

    def _anchor(self, unit: int) -> Anchor:
        assert self.locate is not None
        point = self.pending[unit]
        if point.role is Role.END:
            return Anchor(str(Role.END), "", 0, 1)
        file, line = (point.file, point.line) if point.file else self.locate(unit)
        key = (unit, str(point.role), file, line)
        self._counts[key] = occurrence = self._counts.get(key, 0) + 1
        return Anchor(str(point.role), file, line, occurrence)

    def _circles(self) -> bool:
        """Tell whether the last steps were a few units at a few places, all of them pauses, over and over."""
        last = self.ran[-REPEATED:]
        return all(self.pending[unit].role is Role.PAUSE for unit in set(last))
