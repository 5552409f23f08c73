"""The controlled host ``greenlets``: raw greenlets on one thread, without a hub; a switch to the parent is a pause."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from harness.controlled._native_thread import NativeThread, StuckError, stuck
from harness.controlled._place import NOWHERE, Place, beginning, place
from harness.controlled._standard.blocking import OneThread
from harness.controlled._standard.guard import GUARD
from harness.core.control import Control, ControlledHost, Work
from harness.core.execution import NOBODY, Execution
from harness.core.feasibility import Feasibility
from harness.core.points import Role
from harness.core.steps import drive
from harness.gates.once import GATE
from harness.units.pacing import BlockingSteps
from localimpl import Unit

STUBBORN = 100
"""How often a greenlet that is left over is told to end before it is left alone."""

ENDED = object()
"""What a greenlet switches to its parent with when it ends."""


class TimedOut(BaseException):
    """Cuts a greenlet's request short, as ``gevent.Timeout`` does; no ``Exception``, so that views do not catch it."""


@dataclass(frozen=True, slots=True)
class _Spawn:
    run: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class _Join:
    child: int


@dataclass(frozen=True, slots=True)
class _Offload:
    function: Callable[[], Any]


class RawSteps(BlockingSteps):
    """Asks the greenlet that picks, by switching to it: with nothing for a pause, else with what is wanted."""

    __slots__ = ()

    def tick(self) -> None:
        """Give way."""
        getcurrent().parent.switch()  # type: ignore[union-attr]

    def spawn(self, run: Callable[[], Any]) -> int:
        """Start a greenlet, a unit of its own, and return its number."""
        return self._ask(_Spawn(run))  # type: ignore[no-any-return]

    def join(self, handle: int) -> Any:
        """Wait for a greenlet; return its result or raise its error."""
        while not (ended := self._ask(_Join(handle))):
            pass
        return _outcome(*ended)

    def offload(self, function: Callable[[], Any]) -> Any:
        """Run a function on a real thread, between two pauses: nobody comes in while it runs, but before and after."""
        self.tick()
        ended = self._ask(_Offload(function))
        self.tick()
        return _outcome(*ended)

    def cancel(self) -> None:
        """Time out."""
        raise TimedOut

    def _ask(self, wanted: Any) -> Any:
        return getcurrent().parent.switch(wanted)  # type: ignore[union-attr]


class _Schedule:
    """One schedule: its greenlets by their units' numbers."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self.greenlets: dict[int, greenlet] = {}
        """Those that have not ended: what comes after one may have its ``id()``, and must be able to."""
        self.calls: dict[int, Callable[[], Any]] = {}
        self._hub = getcurrent()
        self._children: dict[int, int] = {}
        self._joining: dict[int, int] = {}
        """The units that wait for the end of another."""
        self._thread: NativeThread | None = None

    def add(self, name: str, call: Callable[[], Any]) -> int:
        """Make a unit that will call this function."""
        unit = self.execution.add(name)
        self.calls[unit] = call
        self.greenlets[unit] = greenlet(partial(self._body, unit, call), self._hub)
        return unit

    def run(self) -> None:
        """Switch to whoever is picked until nobody is left."""
        greenlets, execution = self.greenlets, self.execution
        while (unit := execution.pick()) != NOBODY:
            going = greenlets[unit]
            said = going.switch()
            while said is not ENDED:
                if said == ():
                    execution.park(unit)
                    break
                if isinstance(said, _Spawn):
                    self._children[unit] = nth = self._children.get(unit, 0) + 1
                    name = f"{execution.names[unit]}/{nth}"
                    said = going.switch(self.add(name, said.run))
                elif isinstance(said, _Offload):
                    said = going.switch(self._offloaded(unit, said.function))
                elif isinstance(said, _Join):
                    execution.touch(_end_of(said.child), writes=False)
                    if execution.pending[said.child].role is not Role.END:
                        self._joining[unit] = said.child
                        execution.wait(unit, f"the end of {execution.names[said.child]}")
                        break
                    said = going.switch((execution.results[said.child], execution.errors[said.child]))
                else:
                    execution.park(unit)
                    break
            else:
                del greenlets[unit], self.calls[unit]

    def is_on_thread(self) -> bool:
        """Tell whether the caller is a function that was offloaded."""
        return self._thread is not None and self._thread.is_current()

    def stop(self) -> None:
        """End the greenlets that are left, and the thread."""
        for each in self.greenlets.values():
            for _ in range(STUBBORN):
                if each.dead:
                    break
                each.throw(GreenletExit)
        if self._thread is not None:
            self._thread.close()

    def _body(self, unit: int, call: Callable[[], Any]) -> object:
        execution = self.execution
        result, error = None, None
        try:
            result = call()
        except KeyboardInterrupt:
            raise
        except BaseException as raised:
            error = raised
        if execution.fate is None:
            execution.end(unit, result, error)
            if self._children:
                execution.touch(_end_of(unit), writes=True)
                for waiting in [waiting for waiting, child in self._joining.items() if child == unit]:
                    del self._joining[waiting]
                    execution.wake(waiting)
        return ENDED

    def _offloaded(self, unit: int, function: Callable[[], Any]) -> tuple[Any, BaseException | None]:
        if self._thread is None:
            self._thread = NativeThread()
        try:
            return self._thread.run(function), None
        except StuckError as error:
            self.execution.lose_control(stuck(self.execution.names[unit]))
            return None, error
        except BaseException as error:
            return None, error


class RawGreenlets(OneThread):
    """Runs each unit as a greenlet below the one that picks; nothing is kept between schedules."""

    def __init__(self) -> None:
        self._gate = GATE.make(1)
        self._schedule: _Schedule | None = None

    def run(self, works: Sequence[Work], execution: Execution) -> None:
        """Run one schedule; Ctrl-C ends it and goes on."""
        self.look_through(works)
        schedule = self._schedule = _Schedule(execution)
        for work in works:
            schedule.add(work.name, work.call or partial(self._lane, work))
        GUARD.begin(execution)
        try:
            schedule.run()
        finally:
            schedule.stop()
            self._schedule = None
            GUARD.end()

    def is_own_thread(self) -> bool:
        """Tell whether the caller is a function that was offloaded."""
        return self._schedule is not None and self._schedule.is_on_thread()

    def locate(self, unit: int) -> Place:
        """Return the line at which a greenlet gave way, or where it will begin."""
        if self._schedule is None:
            return NOWHERE
        each = self._schedule.greenlets.get(unit)
        if each is None:
            return NOWHERE
        return place(each.gr_frame) if each else beginning(self._schedule.calls[unit])

    def _lane(self, work: Work) -> None:
        """Run requests one after the other, as a greenlet does for a kept-alive connection."""
        steps = RawSteps(self._gate)
        for seed, visit in work.visits:
            with suppress(TimedOut):
                drive(visit(work.name), steps.begin(seed))


def _outcome(result: Any, error: BaseException | None) -> Any:
    if error is not None:
        raise error
    return result


def _end_of(unit: int) -> str:
    return f"the end of {unit}"


@contextmanager
def opened() -> Iterator[Control]:
    """Open the host."""
    control = RawGreenlets()
    with control.guarded("no other greenlet can go on"):
        yield control


CONTROLLED = ControlledHost(
    name="greenlets",
    summary="raw greenlets on one thread; a switch to the parent is a pause",
    unit=Unit.GREENLET,
    open=opened,
    levels=(Feasibility.SEQUENTIAL, Feasibility.FIFO, Feasibility.JITTER),
)
