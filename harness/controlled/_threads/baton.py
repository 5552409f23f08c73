"""Real threads of which exactly one runs at a time: whoever stands at a switch point picks the next and wakes it."""

import gc
from _thread import allocate_lock, get_ident
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures._base import LOGGER
from contextvars import Context
from sys import _current_frames, gettrace, settrace
from typing import Any, NoReturn, TypeVar

from harness.controlled._points.watcher import TRACES, Watcher
from harness.controlled._standard.overdue import hanging
from harness.controlled._threads.clock import Clock
from harness.controlled._threads.member import Body, Member
from harness.controlled._threads.watchdog import await_turn, interrupt
from harness.controlled._threads.worker import Worker
from harness.core.execution import NOBODY, Execution
from harness.core.points import PAUSED, Point, Role

T = TypeVar("T")

OVERTIME = 16
"""Pauses that daemons may make after all others have ended: as long as a server lives, their work goes on."""
REFUSALS = 100
"""How often a unit may swallow what stops it before its thread is given up."""

IDENTS = "the idents of threads"
"""What is touched by whoever takes one or gives one back."""


class Stopped(BaseException):
    """Ends a unit whose schedule is over."""


class Baton:
    """Runs one schedule after the other; ``running`` is the thread that holds the baton while it is in the program."""

    def __init__(self) -> None:
        self.running = 0
        self.execution: Execution
        self.members: list[Member] = []
        self.driver = 0
        """The thread that explores; 0 before and after."""
        self.generation = 0
        """Counts the schedules: what is made from one's beginning to its end belongs to it."""
        self.made = 0
        """Counts what is made to be waited for, for names."""
        self.finely = False
        """Whether operations of the standard library's locks are switch points."""
        self.muted = False
        """Whether the running unit is inside something that is one operation to the program."""
        self.stopping = False
        self.clock = Clock(lambda name: self.enlist(name, (), None, background=True))
        self.watcher: Watcher
        self.interrupted: Callable[[], bool] = lambda: False
        """Whether whoever asked for the schedule wants its end."""
        self._workers: list[Worker] = []
        self._free: list[Worker] = []
        self._driver = allocate_lock()
        self._driver.acquire()
        self._failure: BaseException | None = None
        self._overtime = 0
        self._refused = 0
        self._foreground = self._background = 0
        """Units that have not ended: those that a process waits for, and daemons."""

    # What a unit does, on its own thread.

    def reach(self, point: Point) -> None:
        """Stand at a switch point that the watcher tells of, and return when this unit is picked."""
        ident = get_ident()
        if ident != self.running:
            self.check_gone()
            return
        if self.muted or self.stopping:
            return
        execution = self.execution
        unit = execution.current
        if self.clock.needed or not self._foreground:
            execution.park(unit, point)
            self._switch(unit)
            return
        self.running = 0
        try:
            chosen = execution.stand(point)
        except BaseException as error:
            chosen = self._fail(error)
        if chosen != unit:
            self._leave(unit, chosen, ident)
        self.running = ident

    def stand(self, point: Point) -> None:
        """Stand at a switch point of an operation of the host's own."""
        self._unseen(self.reach, point)

    if not TRACES:
        stand = reach

    def pause(self, seconds: float = 0.0) -> None:
        """Sleep in virtual time."""
        if self.stopping:
            self._stop()
        unit = self.execution.current
        self.execution.park(unit, PAUSED)
        if seconds:
            self.clock.sleep(unit, seconds)
        self._unseen(self._switch, unit)

    def wait(self, words: str, until: float | None = None) -> bool:
        """Stand still until another wakes this unit; False when it became too late, by the virtual clock, first."""
        if self.stopping:
            self._stop()
        execution = self.execution
        unit = execution.current
        execution.wait(unit, words)
        if until is not None:
            self.clock.limit(unit, until)
        muted, self.muted = self.muted, False
        self._unseen(self._switch, unit)
        self.muted = muted
        return until is None or not self.clock.ran_out(unit)

    def hold_back(self, unit: int, words: str) -> None:
        """Let a unit wait on that was woken but was not quick enough, unless its time has run out."""
        if unit in self.execution.ready and not self.clock.is_over(unit):
            self.execution.ready.remove(unit)
            self.execution.wait(unit, words)

    def enlist(self, name: str, bodies: Iterable[Body], worker: Worker | None, *, background: bool) -> int:
        """Add a unit; without a worker it gets one when it is first picked."""
        member = Member(name, bodies, worker, background)
        self.members.append(member)
        if not member.bodies:
            member.ended = True  # the clock
        elif background:
            self._background += 1
        else:
            self._foreground += 1
        return self.execution.add(name)

    def vacant(self) -> Worker:
        """Return the thread that ended last, or a new one if all are alive: idents are given out again at once."""
        self.execution.touched.append((IDENTS, True))
        if self._free:
            return self._free.pop()
        worker = Worker(f"controlled-{len(self._workers)}")
        self._workers.append(worker)
        return worker

    def makes(self, ident: int) -> bool:
        """Tell whether a thread makes things for the program: a unit of it, or whoever prepares its next schedule."""
        return ident in {self.running, self.driver}

    def lose(self, trouble: str) -> NoReturn:
        """End this schedule here, because what the running unit does cannot be controlled."""
        self.execution.lose_control(trouble)
        self.wait("the end of the schedule")
        raise Stopped

    def check_gone(self) -> None:
        """End a thread here that was given up and has come back from where it hung."""
        ident = get_ident()
        for worker in self._workers:
            if worker.gone and worker.ident == ident:
                raise Stopped

    def _unseen(self, switch: Callable[[T], None], what: T) -> None:
        """Switch, and spare a watcher that traces what is called for that."""
        if not TRACES or (tracer := gettrace()) is None:
            switch(what)
            return
        settrace(None)
        try:
            switch(what)
        finally:
            settrace(tracer)

    def _switch(self, unit: int) -> None:
        ident, self.running = self.running, 0
        chosen = self._choose()
        if chosen != unit:
            self._leave(unit, chosen, ident)
        self.running = ident

    def _leave(self, unit: int, chosen: int, ident: int) -> None:
        worker = self.members[unit].worker
        assert worker is not None
        self._hand_to(chosen)
        worker.turn.acquire()
        if self.stopping:
            self.running = ident
            self._stop()

    def _choose(self) -> int:
        execution, clock = self.execution, self.clock
        try:
            while True:
                if not self._foreground and self._background:
                    self._let_daemons_go()
                if not clock.needed:
                    return execution.pick()
                clock.prepare()
                chosen = execution.pick()
                if chosen == NOBODY or clock.picked(chosen):
                    return chosen
        except BaseException as error:
            return self._fail(error)

    def _fail(self, error: BaseException) -> int:
        self._failure = error
        self.execution.lose_control(f"the scheduler failed: {error!r}")
        return NOBODY

    def _hand_to(self, chosen: int) -> None:
        if chosen == NOBODY:
            self._driver.release()
            return
        member = self.members[chosen]
        worker = member.worker
        if worker is None:
            worker = member.worker = self.vacant()
        if not worker.busy:
            self._give(worker, chosen, member)
        worker.turn.release()

    def _give(self, worker: Worker, unit: int, member: Member) -> None:
        body = member.bodies.popleft()
        worker.busy = True
        worker.job = lambda worker: self._run(worker, unit, member, body)

    def _run(self, worker: Worker, unit: int, member: Member, body: Body) -> None:
        result: Any = None
        error: BaseException | None = None
        self.running = worker.ident
        try:
            result = worker.call(self._watched, body, worker)
        except Stopped:
            pass
        except BaseException as raised:
            error = raised.with_traceback(raised.__traceback__ and raised.__traceback__.tb_next)
        if worker.gone:
            return  # others run by now
        self.running = 0
        worker.as_new()
        worker.busy = False
        if self.stopping:
            self._driver.release()
            return
        if not member.kept:
            member.worker = None
            self.execution.touched.append((IDENTS, True))
            self._free.append(worker)
        if member.bodies and error is None:
            self.execution.park(unit, PAUSED)
        else:
            self._end(unit, member, result, error)
        self._hand_to(self._choose())

    def _watched(self, body: Body, worker: Worker) -> Any:
        self.watcher.enter()
        try:
            return Context().run(body, worker)
        finally:
            self.watcher.leave()

    def _end(self, unit: int, member: Member, result: Any = None, error: BaseException | None = None) -> None:
        member.ended = True
        if member.background:
            self._background -= 1
        else:
            self._foreground -= 1
        execution = self.execution
        execution.touched.append((f"the end of {member.name}", True))
        execution.end(unit, result, error)
        for joiner in member.joiners:
            execution.wake(joiner)

    def _let_daemons_go(self) -> None:
        """End the units that a process would not wait for, once all others have ended and these have had their time."""
        execution = self.execution
        self._overtime += execution.pending[execution.current].role is Role.PAUSE
        if self._overtime <= OVERTIME and any(self.members[unit].worker for unit in execution.ready):
            return
        for unit, member in enumerate(self.members):
            if not member.ended:
                member.ended = True
                execution.waiting.pop(unit, None)
                execution.end(unit)
        execution.ready.clear()
        self._background = 0

    def _stop(self) -> NoReturn:
        """Stop the running unit; give up its thread when it will not be stopped."""
        ident = get_ident()
        self._refused += 1
        if self._refused > REFUSALS:
            worker = next(worker for worker in self._workers if worker.ident == ident)
            worker.give_up()
            self.running = 0
            self._driver.release()
            forever = allocate_lock()
            forever.acquire()
            forever.acquire()
        raise Stopped

    # What the driver does, on the thread that explores.

    def run(self, units: Sequence[tuple[str, Sequence[Body]]], execution: Execution, *, pooled: bool) -> None:
        """Run one schedule to its fate; ``pooled`` threads outlive what runs on them, others are new for each body."""
        self.execution = execution
        self.driver = get_ident()
        self._free = [worker for worker in reversed(self._workers) if not worker.gone]
        self._failure = None
        self._overtime = self._foreground = self._background = 0
        self.clock.begin(execution)
        collecting = gc.isenabled()
        gc.disable()  # finalizers of an earlier schedule's objects must not run at some point of this one
        try:
            for name, bodies in units:
                worker = self.vacant() if pooled else None
                self.enlist(name, bodies, worker, background=False)
                self.members[-1].kept = pooled
            self._hand_to(self._choose())
            if late := await_turn(self._driver, self._progress, self.interrupted):
                if not self.interrupted():
                    frame = _current_frames().get(self._ident())
                    execution.lose_control(f"{self._name()} {hanging(frame, round(late))}")
                self._leave_behind()
        except BaseException:
            execution.lose_control("the host failed")
            if not self._driver.acquire(timeout=1.0):
                self._leave_behind()
            raise
        finally:
            self._stop_all()
            if collecting:
                gc.enable()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End all threads but those that hang."""
        for worker in self._workers:
            if not worker.gone:
                worker.close()
        self._workers.clear()

    def ident(self, unit: int) -> int:
        """Return the ident of the thread on which a unit of the running schedule is, or 0."""
        worker = self.members[unit].worker if unit < len(self.members) else None
        return worker.ident if worker is not None and worker.busy else 0

    def _progress(self) -> tuple[int, int]:
        return len(self.execution.ran), self._ident()

    def _ident(self) -> int:
        return self.ident(self.execution.current)

    def _name(self) -> str:
        return self.members[self.execution.current].name

    def _leave_behind(self) -> None:
        """Give up the thread that does not come back; where it is in Python after all, stop it there."""
        self.running = 0
        self.stopping = True
        self._refused = 0
        worker = self.members[self.execution.current].worker
        assert worker is not None
        interrupt(worker.ident, Stopped)
        if not self._driver.acquire(timeout=0.5):
            worker.give_up()
            worker.busy = False

    def _stop_all(self) -> None:
        """Let every unit that still stands somewhere unwind, one after the other."""
        self.stopping = True
        ran_last = self.execution.current
        told, LOGGER.disabled = LOGGER.disabled, True  # a pool's thread reports whatever ends it
        for unit, member in enumerate(self.members):
            worker = member.worker
            if worker is not None and worker.busy and not worker.gone:
                self._refused = 0
                self.execution.current = unit
                worker.turn.release()
                if await_turn(self._driver, worker.unwinding, self.interrupted):
                    worker.give_up()
                if worker.gone:
                    self.execution.lose_control(
                        "a unit could not be stopped when its schedule was over: it hangs, or catches BaseException "
                        "and goes on; let pass what is no Exception"
                    )
        LOGGER.disabled = told
        self.execution.current = ran_last
        self.stopping = False
        self.running = 0
        self.members.clear()
        self.generation += 1
        self.made = 0
