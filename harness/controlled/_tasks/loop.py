"""The event loop that tasks see: it takes what asyncio asks of it, and lets a schedule decide which task goes on."""

import asyncio
import concurrent.futures
import sys
from asyncio.futures import _set_result_unless_cancelled as wake_sleeper  # type: ignore[attr-defined]
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import Context
from functools import partial
from heapq import heappush
from threading import get_ident
from typing import Any, TypeVar, TypeVarTuple
from weakref import ref

from harness.controlled._line import Line, Mark
from harness.controlled._place import place
from harness.controlled._standard.originals import LONGEST
from harness.controlled._tasks.numbered import GOES_ON, STEP, TASKS, Task
from harness.controlled._tasks.refusals import refuse_the_rest
from harness.controlled._tasks.thread import Pools
from harness.controlled._threads.spawning import inherited
from harness.core.execution import NOBODY, Execution

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
AnyTask = asyncio.Task[Any]
Step = tuple[Any, Callable[..., Any], tuple[Any, ...]]
Call = tuple["asyncio.Future[Any]", Callable[[], Any], ThreadPoolExecutor | None, Context]
INTERPRETERS: Any = getattr(concurrent.futures, "InterpreterPoolExecutor", ())
"""What counts as threads but, from 3.14 on, runs functions in interpreters of their own, which share nothing."""


class UncontrolledError(NotImplementedError):
    """Raised in a task that asks the loop for what it cannot control.

    It is what asyncio's own loops raise for what they do not have, so that a program which can do without takes the way
    that it has for them; nothing is concluded from that, as the schedule has been given up by then.
    """


class Loop(asyncio.AbstractEventLoop):
    """Keeps, of one schedule at a time, which step each task takes next and what waits for a time.

    A task is recognised by the callbacks that asyncio gives to ``call_soon`` for it: their ``__self__`` is the task.
    All other callbacks belong to no unit; they run at once, in their order.
    """

    def __init__(self) -> None:
        self._taken = asyncio.Handle(print, (), self)
        self.pools = Pools()
        self.queue: deque[asyncio.Handle] | None = deque()
        """What is to run without choices, while leftovers are stopped; None while a schedule decides."""

    def begin(self, execution: Execution, names: Sequence[str]) -> None:
        """Forget the last schedule and take part in another, whose first units have these names."""
        self.execution = execution
        self._thread = get_ident()
        self.line = Line(execution.ready)
        self.tasks: list[AnyTask | None] = [None] * len(names)
        """By unit, the task that it runs on, while it does."""
        self.steps: list[Step | None] = [None] * len(names)
        """By unit, the context, callback and arguments by which its task goes on; None for one that is suspended."""
        self.units: dict[AnyTask, int] = {}
        self.running: AnyTask | None = None
        """The task that is in its step, the current unit's."""
        self.starting = NOBODY
        """The unit whose task is being made."""
        self.soon: list[tuple[asyncio.Handle, Mark | None]] = []
        """Callbacks that belong to no unit."""
        self.sleeps: dict[Any, asyncio.TimerHandle] = {}
        """By the future that a sleeper awaits, what wakes it."""
        self.timeouts: list[tuple[float, int, asyncio.TimerHandle]] = []
        """A heap of all other timers."""
        self.asyncgens: list[ref[Any]] = []
        """The asynchronous generators that were begun, in their order."""
        self.calls: dict[int, Call] = {}
        """By unit, a function that waits for a thread."""
        self.now = 0.0
        self.calm = True
        """Whether nothing but tasks is to be looked after: no callback, no call, and nobody who waits for a time."""
        self.queue = None
        self._timers = 0
        self._numbers = len(names) - 1
        self.parents: dict[int, int] = {}
        """By unit that another began, which one."""
        self._children: dict[tuple[int, str], int] = {}
        self._factory: Any = None
        self._executor: ThreadPoolExecutor | None = None
        self._handler: Any = None
        for name in names:
            execution.add(name)

    def end(self) -> None:
        """Let go of the schedule; what still comes in for it is never run."""
        self.queue = deque()
        self.tasks, self.steps = [], []
        self.units, self.sleeps, self.calls = {}, {}, {}
        self.timeouts.clear()
        self.pools.as_new()

    def lost_control(self, what: str, advice: str) -> UncontrolledError:
        """Give the schedule up, and return what to raise."""
        file, line = place(sys._getframe(1))
        execution = self.execution
        who = execution.names[execution.current] if execution.current >= 0 else "the program"
        sentence = f"{who} {what}{f' at {file}:{line}' if file else ''}; {advice}"
        execution.lose_control(sentence)
        return UncontrolledError(sentence)

    # Units.

    def add(self, name: str, when: float | None = None) -> int:
        """Take in a unit that can begin, or one that stands for a moment of time."""
        unit = self.execution.add(name)
        if when is not None:
            self.line.sleep(when)
        elif not self.calm:
            self.line.place()
        self.tasks.append(None)
        self.steps.append(None)
        return unit

    def _adopt(self, task: AnyTask) -> int:
        """Take in a task that is new: a unit's own, or else a child of the unit that ran last."""
        unit = self.starting if self.starting >= 0 else self._add_child()
        self.tasks[unit] = task
        self.units[task] = unit
        return unit

    def _adopt_suspended(self, task: AnyTask) -> int:
        """Take in a task that began inside its creator's step, as an eager task factory lets it."""
        unit = self._adopt(task)
        self.line.leave(unit)
        timer = self.sleeps.get(task._fut_waiter)  # type: ignore[attr-defined]
        if timer is None:
            self.execution.wait(unit, "")
        else:
            self.execution.park(unit)
            self.line.sleep(timer.when())
        return unit

    def _add_child(self, kind: str = "") -> int:
        parent = max(self.execution.current, 0)
        key = parent, kind
        number = self._children[key] = self._children.get(key, 0) + 1
        name = f"{self.execution.names[parent]}/{kind}{'' if kind and number == 1 else number}"
        unit = self.add(name)
        self.parents[unit] = parent
        return unit

    def touch_time(self, *, writes: bool) -> None:
        """Note that the running step reads the clock, or moves it on or sets what it does when it moves."""
        if self.execution.tracked:
            self.execution.touch("the time", writes)

    def touch_course(self, unit: int, *, writes: bool) -> None:
        """Note that the running step is that of a task which another may have cancelled, or cancels it."""
        if self.execution.tracked:
            self.execution.touch(f"the course of {unit}", writes)

    def note_cancellation(self, task: AnyTask) -> None:
        """Note that the running step cancels a task."""
        self.touch_course(self.units.get(task, NOBODY), writes=True)

    # What asyncio and programs call.

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Let a task go on when it is picked; run any other callback as soon as the running step is over."""
        task: Any = getattr(callback, "__self__", None)
        if type(callback) is not STEP and not (
            isinstance(task, TASKS) and getattr(callback, "__name__", "") in GOES_ON
        ):
            task = None
        if self.queue is None and task is not None:
            unit = self.execution.current if task is self.running else self._goes_on(task)
            self.steps[unit] = context, callback, args
            return self._taken
        handle = asyncio.Handle(callback, args, self, context)
        if self.queue is None:
            self.soon.append((handle, self.line.mark()))
            self.calm = False
        else:
            if task is not None:
                self.units.setdefault(task, NOBODY)
            self.queue.append(handle)
        return handle

    def _goes_on(self, task: AnyTask) -> int:
        """Let the unit of a task be ready, and return it."""
        unit = self.units.get(task)
        if unit is None:
            return self._adopt(task)
        if unit in self.execution.waiting:
            self.execution.wake(unit)
            if not self.calm:
                self.line.held.pop(unit, None)
                self.line.place()
        elif unit in self.line.due:
            self.line.hurry(unit)
        return unit

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Take a callback from the loop's thread or a pool's; what any other thread wants is never run."""
        in_pool = self.pools.is_current()
        if get_ident() != self._thread and not in_pool:
            self.lost_control(
                "is called back from a thread that it did not get from to_thread or run_in_executor",
                "such a thread cannot be scheduled: put a coroutine in its place that sleeps and answers",
            )
            return asyncio.Handle(callback, args, self, context)
        if in_pool and getattr(callback, "__qualname__", "").startswith("run_coroutine_threadsafe."):
            raise self.lost_control(
                "called run_coroutine_threadsafe",
                "its function is one step, in which no task can go on: await the coroutine in the task instead",
            )
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call after so many seconds of virtual time."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call at a moment of virtual time; by its callback, ``asyncio.sleep`` is told from other timers."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        sleeps = callback is wake_sleeper and self.queue is None
        self.touch_time(writes=not sleeps)
        self.calm = False
        if sleeps:
            self.sleeps[timer._args[0]] = timer
        else:
            self.wait_for(timer)
        return timer

    def wait_for(self, timer: asyncio.TimerHandle) -> None:
        """Take a timer that fires when the clock passes it."""
        self._timers += 1
        heappush(self.timeouts, (timer.when(), self._timers, timer))

    def _timer_handle_cancelled(self, handle: Any) -> None:
        if handle._callback is not wake_sleeper:
            self.touch_time(writes=True)
        else:
            self.sleeps.pop(handle._args[0], None)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        self.touch_time(writes=False)
        return self.now

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None, **options: Any
    ) -> AnyTask:
        """Make a task, a unit of its own; unless it is given a name, it has that of its unit.

        Its number is that of its order among those that units begin; the units' own have the first ones.
        """
        if self._factory is None:
            self._numbers += 1
            # One that begins at once may ask for its name before it has that of its unit.
            first_name = name or (f"Task-{self._numbers}" if options else "")
            task: AnyTask = Task(coro, self._numbers, self, first_name, context, **options)
        else:
            if context is not None:
                options["context"] = context
            task = self._factory(self, coro, **options)
            if name is not None:
                task.set_name(name)
        if self.queue is None:
            unit = self.units.get(task)
            if unit is None and not task.done():
                unit = self._adopt_suspended(task)
            if unit is not None and name is None:
                task.set_name(self.execution.names[unit])
        return task

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Make the call a unit of its own, which runs whole, on its executor's one thread, when it is picked."""
        if not isinstance(executor, ThreadPoolExecutor | None) or isinstance(executor, INTERPRETERS):
            raise self.lost_control(
                f"called run_in_executor with a {type(executor).__name__}",
                "only threads can be stood in for: use None or a ThreadPoolExecutor",
            )
        future: asyncio.Future[T] = self.create_future()
        call = future, partial(func, *args), executor or self._executor, inherited()
        if self.queue is None:
            self.calls[self._add_child("thread")] = call
            self.calm = False
        else:
            self.call_on_thread(call)
        return future

    def call_on_thread(self, asked: Call) -> None:
        """Run a function on a thread, and bring its outcome to the future, if that is still waited for."""
        future, call, executor, context = asked
        if future.done():
            return
        try:
            result, error = self.pools.of(executor).run(call, context)
        except TimeoutError:
            self.lost_control(
                f"ran a function on a thread that did not come back within {LONGEST:.0f} s",
                "nobody else runs in the meantime: it must not wait for a task or for another thread",
            )
            return
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(RuntimeError(repr(error)) if isinstance(error, StopIteration) else error)

    def asyncgen_begins(self, generator: Any) -> None:
        """Remember an asynchronous generator, to be closed if nobody does."""
        self.asyncgens.append(ref(generator))

    def asyncgen_is_left(self, generator: Any) -> None:
        """Close an asynchronous generator that nobody refers to any more, on a task, as asyncio does."""
        self.call_soon(self.create_task, generator.aclose())

    def is_running(self) -> bool:
        """It runs whenever anybody can ask."""
        return True

    def is_closed(self) -> bool:
        """It is kept for the next schedule."""
        return False

    def get_debug(self) -> bool:
        """The debug mode of asyncio measures real time."""
        return False

    def set_debug(self, enabled: bool) -> None:
        """Stay without asyncio's debug mode."""

    def set_task_factory(self, factory: Any) -> None:
        """Make this schedule's tasks by a factory."""
        self._factory = factory

    def get_task_factory(self) -> Any:
        """Return this schedule's task factory."""
        return self._factory

    def set_exception_handler(self, handler: Any) -> None:
        """Hand this schedule's lost exceptions to a function."""
        self._handler = handler

    def get_exception_handler(self) -> Any:
        """Return this schedule's handler of lost exceptions."""
        return self._handler

    def call_exception_handler(self, context: Any) -> None:
        """Tell the program of a lost exception if it wants to know; nothing is printed."""
        if self._handler is not None and self.queue is None:
            try:
                self._handler(self, context)
            except Exception:
                # Real loops log it.
                pass

    def default_exception_handler(self, context: Any) -> None:
        """Keep silent: thousands of schedules would print the same."""

    def set_default_executor(self, executor: Any) -> None:
        """Let functions for which no executor is named run on the thread that stands for this one's."""
        self._executor = executor

    async def shutdown_asyncgens(self) -> None:
        """What is left is closed when the schedule is over."""

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """The threads end with the schedule, or are kept for the next."""


refuse_the_rest(Loop)


def new_loop() -> Loop:
    """Return a loop that is between schedules."""
    return Loop()  # type: ignore[abstract]
