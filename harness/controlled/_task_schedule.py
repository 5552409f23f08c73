"""One schedule of tasks: lets the unit go on that the execution picks, until it has a fate."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextvars import copy_context
from heapq import heappop
from threading import active_count
from typing import Any

from harness.controlled._task_frames import NOWHERE, Place, begins, called, stands
from harness.controlled._task_loop import AnyTask, Loop
from harness.controlled._task_words import waits_for
from harness.core.control import Work
from harness.core.execution import BEGIN, NOBODY, Execution, Fate
from harness.core.steps import drive_async
from harness.gates.once import GATE
from harness.units.task import TaskSteps

CLOCK = "clock"
"""The pseudo-unit of time-outs: picking it fires the earliest before its time."""
ROUNDS = 200
"""How often callbacks may ask for themselves again while no task can go on."""
SPINS = 1_000
"""Steps that may pass while somebody waits for a time; an idle loop's clock would have come to it by then."""
AFTERMATH = 32
"""Steps that tasks may go on when all works have ended, before they are cancelled as at the end of ``asyncio.run``."""


class Schedule:
    """Runs works on a loop to the fate of an execution."""

    def __init__(self, loop: Loop, works: Sequence[Work], execution: Execution) -> None:
        self._loop = loop
        self._execution = execution
        self._line = loop.line
        self._context = copy_context()
        self._works = works
        self._unfinished = len(works)
        self._requests = [0] * len(works)
        """By unit, how many of its requests have begun."""
        self._gate = GATE.make(len(works))
        self._clock = NOBODY
        self._clocks = 0
        self._spins = 0
        self._aftermath = 0
        self._threads = active_count()
        for work in works:
            loop.add(work.name)

    def run(self) -> None:
        """Let one unit after the other go on."""
        loop, line, execution = self._loop, self._line, self._execution
        steps, tasks, works = loop.steps, loop.tasks, len(self._works)
        while True:
            if loop.soon:
                self._run_soon()
            else:
                line.settle()
            if loop.timeouts or line.due or loop.calls or (loop.sleeps and not execution.ready):
                self._tend()
            if not self._unfinished:
                self._end_with_the_works()
            unit = execution.pick()
            if unit == NOBODY:
                break
            line.picked(unit)
            if steps[unit] is not None:
                self._step(unit)
            elif tasks[unit] is not None:
                self._wake(unit)
                self._step(unit)
            elif unit < works:
                self._begin(unit)
                self._step(unit)
            elif unit == self._clock:
                self._clock = NOBODY
                self._fire()
                execution.end(unit)
            else:
                loop.call_on_thread(*loop.calls.pop(unit))
                execution.end(unit)
        if execution.fate is Fate.DEADLOCK:
            self._tell_waits()

    def locate(self, unit: int) -> Place:
        """Return (file, line) where a unit stands in the program's code, or where it will begin."""
        task = self._loop.tasks[unit]
        if task is not None:
            return stands(task.get_coro())
        if unit in self._loop.calls:
            return begins(self._loop.calls[unit][1])
        return begins(self._works[unit].call) if unit < len(self._works) else NOWHERE

    def _begin(self, unit: int) -> None:
        """Begin what a unit calls, or its next request, on a new task."""
        loop, work = self._loop, self._works[unit]
        coroutine: Coroutine[Any, Any, Any]
        if work.call is not None:
            coroutine = called(work.call)
        else:
            number = self._requests[unit]
            self._requests[unit] = number + 1
            seed, visit = work.visits[number]
            coroutine = drive_async(visit(f"{work.name}-task-{number}"), TaskSteps(self._gate).begin(seed))
        loop.starting = unit
        loop.new_task(coroutine, work.name, self._context.copy())
        loop.starting = NOBODY

    def _step(self, unit: int) -> None:
        """Let a task go on until it is suspended or has ended."""
        loop, execution = self._loop, self._execution
        step, task = loop.steps[unit], loop.tasks[unit]
        assert step is not None
        assert task is not None
        context, callback, arguments = step
        loop.steps[unit] = None
        loop.running = unit
        try:
            context.run(callback, *arguments)
        except SystemExit:
            # The task keeps it as its outcome; it ends the unit, not the search.
            pass
        finally:
            loop.running = NOBODY
        if task.done():
            self._ended(unit, task)
        elif loop.steps[unit] is not None:
            execution.park(unit)
            self._line.place()
        elif loop.sleeps and (timer := loop.sleeps.get(task._fut_waiter)):  # type: ignore[attr-defined]
            execution.park(unit)
            self._line.sleep(timer.when())
        else:
            execution.wait(unit, "")

    def _ended(self, unit: int, task: AnyTask) -> None:
        """Let go of a task that has ended: a later one may have its address, as on a server."""
        loop = self._loop
        del loop.units[task]
        loop.tasks[unit] = None
        error: BaseException | None = asyncio.CancelledError() if task.cancelled() else task.exception()
        if unit < len(self._works):
            requests = self._works[unit].visits
            if task.cancelled() and requests:
                # A client that goes away while it is answered is no failure.
                error = None
            if error is None and self._requests[unit] < len(requests):
                self._execution.park(unit, BEGIN)
                self._line.place()
                return
            self._unfinished -= 1
        result = None if error or task.cancelled() else task.result()
        self._execution.end(unit, result, error)

    def _wake(self, unit: int) -> None:
        """Move the clock on to the moment for which a unit sleeps, past the time-outs before it."""
        loop = self._loop
        loop.running = unit
        timer = loop.sleeps[loop.tasks[unit]._fut_waiter]  # type: ignore[union-attr]
        when = timer.when()
        while loop.steps[unit] is None and loop.timeouts and loop.timeouts[0][0] < when:
            self._fire()
            self._run_soon()
        if loop.steps[unit] is None:
            loop.now = max(loop.now, when)
            timer._run()
        loop.running = NOBODY

    def _fire(self) -> None:
        """Move the clock on to the earliest time-out and run it."""
        loop = self._loop
        when, _, timer = heappop(loop.timeouts)
        if not timer.cancelled():
            loop.now = max(loop.now, when)
            self._run_handle(timer)

    def _run_soon(self) -> None:
        """Run the callbacks that belong to no unit, and those that they ask for.

        One that asks for itself, to look again a round later, waits for the next step, unless nobody can take one.
        """
        execution, line, soon = self._execution, self._line, self._loop.soon
        for _ in range(ROUNDS):
            known = len(soon)
            ran: list[Any] = []
            again = []
            for number, (handle, mark) in enumerate(soon):
                if handle.cancelled():
                    continue
                callback = handle._callback  # type: ignore[attr-defined]
                if number >= known and callback in ran:
                    again.append((handle, mark))
                    continue
                ran.append(callback)
                line.running = mark
                self._run_handle(handle)
            line.running = None
            soon[:] = again
            line.settle()
            if not again or len(execution.ready) > len(line.due):
                break

    def _run_handle(self, handle: asyncio.Handle) -> None:
        try:
            handle._run()
        except SystemExit:
            pass

    def _tend(self) -> None:
        """See to it that whoever waits for a time or a thread is ready, and that the clock is where it belongs."""
        loop, line, ready = self._loop, self._line, self._execution.ready
        for unit in [unit for unit, (future, _) in loop.calls.items() if future.done()]:
            line.leave(unit)
            self._execution.end(unit)
            del loop.calls[unit]
        if loop.sleeps and not ready:
            # Their futures are awaited by something else than the task itself.
            for timer in loop.sleeps.values():
                loop.wait_for(timer)
            loop.sleeps.clear()
        if line.due:
            self._spins += 1
            if self._spins > SPINS:
                self._let_time_pass()
        self._set_clock()

    def _let_time_pass(self) -> None:
        self._spins = 0
        unit = self._line.first_due()
        if unit != self._clock:
            self._line.hurry(unit)
            return
        self._fire()
        self._run_soon()

    def _set_clock(self) -> None:
        loop, line, execution = self._loop, self._line, self._execution
        while loop.timeouts and loop.timeouts[0][2].cancelled():
            heappop(loop.timeouts)
        stands = self._clock in line.due
        if not loop.timeouts:
            if stands:
                line.leave(self._clock)
            return
        when = loop.timeouts[0][0]
        if stands:
            if line.due[self._clock][0] == when:
                return
            line.leave(self._clock)
        if self._clock == NOBODY:
            self._clocks += 1
            self._clock = loop.add(CLOCK if self._clocks == 1 else f"{CLOCK}/{self._clocks}", when)
        else:
            execution.park(self._clock, BEGIN)
            line.sleep(when)

    def _end_with_the_works(self) -> None:
        """Let tasks that are left go on a little, and then let the schedule be over."""
        execution = self._execution
        self._aftermath += 1
        if self._aftermath > AFTERMATH or set(execution.ready) <= {self._clock}:
            execution.ready.clear()
            execution.waiting.clear()

    def _tell_waits(self) -> None:
        execution, loop = self._execution, self._loop
        if active_count() - (loop.worker is not None) > self._threads:
            execution.lose_control(
                "a task waits while a thread runs that the program started; such a thread cannot be scheduled: use "
                "asyncio.to_thread, or put a coroutine in its place that sleeps and answers"
            )
            return
        names = {task: execution.names[unit] for task, unit in loop.units.items()}
        for unit in execution.waiting:
            task = loop.tasks[unit]
            assert task is not None
            execution.waiting[unit] = waits_for(task, names)
