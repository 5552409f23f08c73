"""The controlled host ``tasks``: asyncio tasks on a loop of our own, with virtual time."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from harness.controlled._standard.blocking import OneThread
from harness.controlled._standard.guard import GUARD
from harness.controlled._tasks.leftovers import stop_leftovers
from harness.controlled._tasks.loop import Loop, new_loop
from harness.controlled._tasks.schedule import Schedule
from harness.controlled._tasks.surroundings import Surroundings
from harness.core.control import ControlledHost, Work
from harness.core.execution import Execution
from harness.core.feasibility import Feasibility
from localimpl import Unit


class ControlledTasks(OneThread):
    """Keeps one loop for all schedules; only a task that refuses to be cancelled costs it."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._loop = new_loop()
        self._schedule: Schedule | None = None
        self._lost: list[Loop] = []
        self._hooks = sys.get_asyncgen_hooks()

    def run(self, works: Sequence[Work], execution: Execution) -> None:
        """Run one schedule to its fate, and stop what is left of it."""
        self._surroundings.adapt()
        self.look_through(works)
        loop = self._loop
        loop.begin(execution, [work.name for work in works])
        outside = asyncio._get_running_loop()
        asyncio._set_running_loop(loop)
        sys.set_asyncgen_hooks(loop.asyncgen_begins, loop.asyncgen_is_left)
        try:
            GUARD.begin(execution)
            try:
                self._schedule = Schedule(loop, works, execution)
                self._schedule.run()
            finally:
                self._schedule = None
                self._stop(loop, execution)
                GUARD.end()
        finally:
            sys.set_asyncgen_hooks(*self._hooks)
            asyncio._set_running_loop(outside)

    def locate(self, unit: int) -> tuple[str, int]:
        """Return (file, line) where a unit stands in the program's code."""
        assert self._schedule is not None
        return self._schedule.locate(unit)

    def pending(self) -> int:
        """Return how many functions wait for a thread."""
        return len(self._loop.calls)

    def is_own_thread(self) -> bool:
        """Tell whether the caller is a function that runs on a thread of ours."""
        return self._loop.pools.is_current()

    def close(self) -> None:
        """End the threads that functions ran on."""
        self._loop.pools.close()

    def _stop(self, loop: Loop, execution: Execution) -> None:
        unstoppable = stop_leftovers(loop)
        if unstoppable:
            names = ", ".join(
                execution.names[loop.units[task]] for task in unstoppable if loop.units[task] >= 0
            )
            execution.lose_control(
                f"{names or 'a task'} cannot be stopped: it goes on whenever it is cancelled; let CancelledError pass "
                "at least once"
            )
            # Kept, because what refuses to be closed complains on its way into the garbage.
            self._lost.append(loop)
            loop.pools.close()
            self._loop = new_loop()
        else:
            loop.end()


@contextmanager
def _open() -> Iterator[ControlledTasks]:
    with Surroundings() as surroundings, closing(ControlledTasks(surroundings)) as control:
        with control.guarded("the event loop stands still"):
            yield control


CONTROLLED = ControlledHost(
    name="tasks",
    summary="asyncio tasks on one thread, a new one for each request, with virtual time",
    unit=Unit.TASK,
    open=_open,
    levels=(Feasibility.SEQUENTIAL, Feasibility.FIFO, Feasibility.JITTER),
    stands_for=("tasks",),
)
