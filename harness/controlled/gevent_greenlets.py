"""The controlled host ``gevent_greenlets``: unmodified gevent code on one thread, in a hub whose loop is virtual."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import gevent
from gevent._hub_local import get_hub_if_exists, set_hub
from gevent.hub import Hub
from gevent.monkey import is_module_patched
from gevent.pool import GroupMappingMixin
from greenlet import getcurrent

from harness.controlled._gevent.loop import Callback, Timer, VirtualLoop
from harness.controlled._gevent.memory import Memory
from harness.controlled._gevent.picker import Picker
from harness.controlled._native_thread import StuckError, stuck
from harness.controlled._place import NOWHERE, Place
from harness.controlled._standard.blocking import OneThread
from harness.controlled._standard.guard import GUARD
from harness.core.control import Control, ControlledHost, Work
from harness.core.execution import Execution
from harness.core.feasibility import Feasibility
from harness.core.steps import drive
from harness.gates.once import GATE
from harness.units.greenlet import GreenletSteps
from localimpl import Unit


class Pool(GroupMappingMixin):
    """The hub's pool of native threads: one thread, on which functions run while no unit does."""

    def __init__(self, control: "GeventGreenlets") -> None:
        self._control = control

    def apply(self, func: Callable[..., Any], args: Any = None, kwds: Any = None) -> Any:
        """Run a function, between two pauses, and return its result or raise its error."""
        self._control.offered += 1
        try:
            gevent.sleep(0)
        finally:
            self._control.offered -= 1
        try:
            return self._control.on_thread(lambda: func(*(args or ()), **(kwds or {})))
        finally:
            gevent.sleep(0)

    def spawn(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function for a greenlet of its own."""
        return gevent.spawn(self.apply, func, args, kwargs)

    def kill(self) -> None:
        """The thread ends with its schedule."""

    def _apply_immediately(self) -> bool:
        return False

    def _apply_async_use_greenlet(self) -> bool:
        return True

    def _apply_async_cb_spawn(self, callback: Callable[..., Any], result: Any) -> None:
        callback(result)


class ControlledHub(Hub):
    """A hub on a virtual loop, which keeps errors with the schedule instead of printing them."""

    def __init__(self, control: "GeventGreenlets", loop: VirtualLoop) -> None:
        super().__init__(loop=loop)  # type: ignore[call-overload]
        self._control = control

    def handle_error(self, context: Any, type: Any, value: Any, tb: Any) -> None:  # noqa: A002
        """Take an error of a greenlet or callback."""
        self._control.failed(context, value)

    @property
    def threadpool(self) -> Pool:  # type: ignore[override]
        """The pool of native threads."""
        return Pool(self._control)

    def start_periodic_monitoring_thread(self) -> None:  # type: ignore[override]
        """Nobody needs to watch whether the hub is kept waiting."""


class GeventGreenlets(OneThread):
    """Runs each unit as a greenlet of gevent's; the hub and its loop are kept from schedule to schedule."""

    def __init__(self) -> None:
        self._gate = GATE.make(1)
        self._memory = Memory()
        self._picker: Picker | None = None
        self.offered = 0
        """How many functions wait for the native thread."""
        self._loop = VirtualLoop(self, self._serve)
        self.hub = ControlledHub(self, self._loop)
        self._caller = getcurrent()

    def run(self, works: Sequence[Work], execution: Execution) -> None:
        """Run one schedule; Ctrl-C ends it and goes on."""
        self.look_through(works)
        self._memory.begin()
        picker = self._picker = Picker(self._loop, self.hub, self._memory, execution)
        self._caller = getcurrent()
        GUARD.begin(execution)
        try:
            for work in works:
                if work.call is not None:
                    picker.add(work.name, work.call)
                else:
                    picker.add(work.name, self._lane, work)
            self.hub.switch()
        finally:
            self._picker = None
            GUARD.end()
        if picker.failure is not None:
            raise picker.failure

    def locate(self, unit: int) -> Place:
        """Return the line at which a greenlet stands, or where it will begin."""
        return self._picker.locate(unit) if self._picker is not None else NOWHERE

    def pending(self) -> int:
        """Return how many functions wait for the schedule's native thread."""
        return self.offered

    def is_own_thread(self) -> bool:
        """Tell whether the caller is a function that runs on the schedule's native thread."""
        return self._picker is not None and self._picker.thread.is_current()

    def on_thread(self, function: Callable[[], Any]) -> Any:
        """Run a function on the schedule's native thread."""
        assert self._picker is not None
        try:
            return self._picker.thread.run(function)
        except StuckError:
            execution = self._picker.execution
            execution.lose_control(stuck(execution.names[execution.current]))
            raise

    def failed(self, context: Any, error: BaseException) -> None:
        """Take an error that gevent gave to the hub."""
        if self._picker is not None:
            self._picker.failed(context, error)

    def cancelled(self, entry: Callback | Timer) -> None:
        """Take note that a callback or timer was stopped before its time."""
        if self._picker is not None:
            self._picker.cancelled(entry)

    def refuse(self, what: str, advice: str) -> None:
        """Give up control of the schedule because of what the running unit wants."""
        if self._picker is not None:
            self._picker.refuse(what, advice)

    def _serve(self) -> NoReturn:
        """Run a schedule whenever the caller of ``run`` switches to the hub."""
        while True:
            picker = self._picker
            if picker is None:
                self._caller.throw(
                    RuntimeError(
                        "something waits by gevent's means while no schedule runs: only units of a program can wait, "
                        "neither what makes it nor what judges it"
                    )
                )
                continue
            try:
                picker.run()
            except BaseException as failure:
                picker.failure = failure
            del picker
            self._caller.switch()

    def _lane(self, work: Work) -> None:
        """Run requests one after the other, as a greenlet does for a kept-alive connection."""
        steps = GreenletSteps(self._gate)
        for seed, visit in work.visits:
            with suppress(gevent.Timeout):
                drive(visit(work.name), steps.begin(seed))


@contextmanager
def opened() -> Iterator[Control]:
    """Put a hub of ours in the place of this thread's, and put that back at the end."""
    former = get_hub_if_exists()
    control = GeventGreenlets()
    set_hub(control.hub)
    try:
        with control.guarded(_whom_a_lock_stops()):
            yield control
    finally:
        control.hub.destroy(destroy_loop=True)
        set_hub(former)  # type: ignore[arg-type]


def _whom_a_lock_stops() -> str:
    why = (
        "it is older than gevent's patch"
        if is_module_patched("threading")
        else "gevent has not patched the process"
    )
    return f"no other greenlet can go on, for {why}"


CONTROLLED = ControlledHost(
    name="gevent_greenlets",
    summary="gevent's greenlets in a hub whose loop is virtual: spawn, sleep, events, locks, queues, pools, time-outs",
    unit=Unit.GREENLET,
    open=opened,
    levels=(Feasibility.SEQUENTIAL, Feasibility.FIFO, Feasibility.JITTER),
    stands_for=("greenlets",),
)
