"""One schedule of tasks: lets the unit go on that the execution picks, until it has a fate."""

import asyncio
from _thread import _count as threads_running  # threading.active_count takes ten times as long
from collections.abc import Coroutine, Sequence
from contextvars import copy_context
from typing import Any

from harness.controlled._place import NOWHERE, Place
from harness.controlled._tasks.clock import Clock
from harness.controlled._tasks.frames import begins, called, stands
from harness.controlled._tasks.loop import AnyTask, Loop, Step
from harness.controlled._tasks.numbered import Task
from harness.controlled._tasks.words import waits_for
from harness.core.control import Work
from harness.core.execution import NOBODY, Execution, Fate
from harness.core.points import BEGIN, PAUSED
from harness.core.steps import drive_async
from harness.gates.once import GATE
from harness.units.task import TaskSteps

ROUNDS = 200
"""How often callbacks may ask for themselves again while no task can go on."""
ONE_TICK = GATE.make(1)
"""Keeps nothing, so that all schedules may share it."""
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
        self._clock = Clock(loop)
        self._aftermath = 0
        self._foreign = _foreign_threads(loop)

    def run(self) -> None:
        """Let one unit after the other go on."""
        loop, line, execution = self._loop, self._line, self._execution
        steps, tasks, tracked = loop.steps, loop.tasks, execution.tracked
        unit = self._pick()
        while unit != NOBODY:
            step = steps[unit]
            if step is None:
                step = self._next_step(unit)
                if step is None:
                    unit = self._pick()
                    continue
            if tracked:
                self._touch_relatives(unit)
            context, callback, arguments = step
            steps[unit] = None
            loop.running = tasks[unit]
            try:
                # Most have none, and to call with a sequence costs a list, a tuple and a bound method.
                if arguments:
                    context.run(callback, *arguments)
                else:
                    context.run(callback)
            except SystemExit:
                # The task keeps it as its outcome; it ends the unit, not the search.
                pass
            if steps[unit] is None:
                # They refer to the task, which if it has ended must not live on: a later one may have its address.
                del step, context, callback, arguments
                self._suspended(unit)
            elif loop.calm:
                unit = execution.stand(PAUSED)
                continue
            else:
                loop.running = None
                execution.park(unit)
                line.place()
            unit = execution.pick() if loop.calm else self._pick()
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

    def _pick(self) -> int:
        """Let callbacks run and time pass after a step; return the unit that runs the next, or NOBODY."""
        loop, line, execution = self._loop, self._line, self._execution
        if loop.soon:
            self._run_soon()
        elif line.marks:
            line.settle()
        if loop.timeouts or loop.sleeps or line.due:
            self._clock.tend()
        if loop.calls and not execution.tracked:
            self._drop_calls()
        if not self._unfinished and execution.fate is None:
            self._end_with_the_works()
        unit = execution.pick()
        if line.due or line.marks:
            line.picked(unit)
        elif self._unfinished:
            loop.calm = not (loop.soon or loop.calls or loop.timeouts or loop.sleeps or line.held)
        return unit

    def _next_step(self, unit: int) -> Step | None:
        """Begin or wake the task of a unit; None for one that is no task, and has run."""
        if self._loop.tasks[unit] is not None:
            self._clock.wake(unit)
        elif unit < len(self._works):
            self._begin(unit)
        else:
            self._run_other(unit)
            return None
        return self._loop.steps[unit]

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
            coroutine = drive_async(visit(f"{work.name}-task-{number}"), TaskSteps(ONE_TICK).begin(seed))
        loop.starting = unit
        Task(coroutine, unit, loop, work.name, self._context.copy())
        loop.starting = NOBODY

    def _run_other(self, unit: int) -> None:
        """Let a unit run that is no task: the clock fires a time-out, or a function runs on a thread."""
        if unit == self._clock.unit:
            if timer := self._clock.fire():
                self._run_handle(timer)
            self._execution.end(unit)
        else:
            self._loop.call_on_thread(self._loop.calls.pop(unit))
            self._end(unit)

    def _suspended(self, unit: int) -> None:
        """Take a task that waits for another or for a time, or has ended."""
        loop, execution = self._loop, self._execution
        loop.running = None
        sleeps, task = loop.sleeps, loop.tasks[unit]
        assert task is not None
        if task.done():
            self._ended(unit, task)
        elif sleeps and (timer := sleeps.get(task._fut_waiter)):  # type: ignore[attr-defined]
            execution.park(unit)
            self._line.sleep(timer.when())
        else:
            execution.wait(unit, waits_for(task, self._names()) if execution.words else "")

    def _ended(self, unit: int, task: AnyTask) -> None:
        """Let go of a task that has ended: a later one may have its address, as on a server."""
        loop = self._loop
        del loop.units[task]
        loop.tasks[unit] = None
        result = None
        error: BaseException | None
        if task.cancelled():
            error = asyncio.CancelledError()
        elif (error := task.exception()) is None:
            result = task.result()
        if unit < len(self._works):
            if requests := self._works[unit].visits:
                if task.cancelled():
                    # A client that goes away while it is answered is no failure.
                    error = None
                if error is None and self._requests[unit] < len(requests):
                    self._execution.park(unit, BEGIN)
                    self._line.place()
                    return
            self._unfinished -= 1
            if not self._unfinished:
                loop.calm = False
        self._end(unit, result, error)

    def _end(self, unit: int, result: Any = None, error: BaseException | None = None) -> None:
        self._execution.end(unit, result, error)
        if self._execution.tracked and unit in self._loop.parents:
            self._execution.touch(_children_of(self._loop.parents[unit]), writes=True)

    def _touch_relatives(self, unit: int) -> None:
        """Note that a step may find out that its unit was cancelled, or whether its children have ended."""
        self._loop.touch_course(unit, writes=False)
        if unit in self._loop.parents.values():
            self._execution.touch(_children_of(unit), writes=False)

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
                callback = handle._callback  # type: ignore[attr-defined]
                if callback is None:
                    # It was cancelled.
                    continue
                if number >= known and callback in ran:
                    again.append((handle, mark))
                    continue
                ran.append(callback)
                line.running = mark
                self._run_handle(handle)
                if mark is not None and not mark.brought:
                    line.drop(mark)
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

    def _drop_calls(self) -> None:
        """Let functions that are no longer waited for never run."""
        calls = self._loop.calls
        for unit in [unit for unit, call in calls.items() if call[0].done()]:
            self._line.leave(unit)
            self._end(unit)
            del calls[unit]

    def _end_with_the_works(self) -> None:
        """Let tasks that are left go on a little, and then let the schedule be over."""
        execution = self._execution
        if not execution.ready and not execution.waiting:
            return
        self._aftermath += 1
        # Where equivalent schedules are left out, time-outs have their steps as well.
        idle = set() if execution.tracked else {self._clock.unit}
        if self._aftermath > AFTERMATH or set(execution.ready) <= idle:
            execution.ready.clear()
            execution.waiting.clear()

    def _names(self) -> dict[AnyTask, str]:
        return {task: self._execution.names[unit] for task, unit in self._loop.units.items()}

    def _tell_waits(self) -> None:
        execution, loop = self._execution, self._loop
        if _foreign_threads(loop) > self._foreign:
            execution.lose_control(
                "a task waits while a thread runs that the program started; such a thread cannot be scheduled: use "
                "asyncio.to_thread, or put a coroutine in its place that sleeps and answers"
            )
            return
        names = self._names()
        for unit in execution.waiting:
            # One that blocked the thread has ended by now, and has said what it waited for.
            if (task := loop.tasks[unit]) is not None:
                execution.waiting[unit] = waits_for(task, names)


def _foreign_threads(loop: Loop) -> int:
    """Return how many threads run that are not the loop's own."""
    return threads_running() - loop.pools.threads()


def _children_of(unit: int) -> str:
    return f"the ends of the children of {unit}"
