"""Threads that a controlled unit starts and joins: each is a unit of its own, on a thread that is kept."""

import sys
import threading
from _thread import allocate_lock, get_ident
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.thread import _worker as pool_worker
from functools import partial
from threading import Thread, current_thread
from typing import Any

from harness.controlled._awaited import point
from harness.controlled._baton import Baton
from harness.controlled._thread_queue import ScheduledQueue
from harness.controlled._thread_worker import Worker
from harness.core.execution import Point, Role
from harness.core.feasibility import Feasibility

STARTED = Point(Role.RETURNED, Feasibility.JITTER)
"""After ``Thread.start``, which waits for the new thread's first sign of life."""

real_start, real_join = Thread.start, Thread.join
real_submit, real_shutdown = ThreadPoolExecutor.submit, ThreadPoolExecutor.shutdown
_active: dict[int, Thread] = threading._active  # type: ignore[attr-defined]


class Handle:
    """Stands, from 3.13 on, for the system's thread in a Thread object."""

    def __init__(self, ident: int) -> None:
        self.ident = ident
        self._done = False

    def is_done(self) -> bool:
        """Tell whether it has ended."""
        return self._done

    def _set_done(self) -> None:
        self._done = True

    def join(self, timeout: float | None = None) -> None:
        """Return at once: only a thread whose schedule is over is joined so."""


class Spawning:
    """Stands in for the methods of ``Thread`` and ``ThreadPoolExecutor`` where a controlled unit calls them."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._units: dict[int, tuple[Thread, int]] = {}
        self._pools: dict[int, tuple[ThreadPoolExecutor, ThreadPoolExecutor]] = {}

    def forget(self) -> None:
        """Forget the threads of a schedule that is over."""
        for thread, _ in self._units.values():
            mark_over(thread)
        self._units.clear()
        self._pools.clear()

    def start(self, thread: Thread) -> None:
        """Do what ``Thread.start`` does."""
        baton = self._baton
        private: Any = thread
        if get_ident() != baton.running or not private._initialized or private._started.is_set():
            baton.check_gone()
            real_start(thread)
            return
        running, baton.running = baton.running, 0
        worker = baton.vacant()
        mark_begun(thread, worker)
        baton.running = running
        parent = baton.members[baton.execution.current]
        parent.started += 1
        background = thread.daemon or getattr(thread, "_target", None) is pool_worker
        name = f"{parent.name}/{parent.started}"
        unit = baton.enlist(name, [partial(run_thread, thread)], worker, background=background)
        self._units[id(thread)] = thread, unit
        baton.reach(STARTED)

    def run_anew(self, function: Callable[[], Any], worker: Worker) -> Any:
        """Run a function on a thread that is kept as on a new one, and return its result."""
        baton = self._baton
        running, baton.running = baton.running, 0
        thread = Thread(name=worker.thread.name, daemon=True)
        mark_begun(thread, worker)
        baton.running = running
        _active[worker.ident] = thread
        try:
            return function()
        finally:
            _active[worker.ident] = worker.thread
            mark_over(thread)

    def join(self, thread: Thread, timeout: float | None = None) -> None:
        """Do what ``Thread.join`` does."""
        baton = self._baton
        if get_ident() != baton.running or id(thread) not in self._units:
            baton.check_gone()
            real_join(thread, timeout)
            return
        if thread is current_thread():
            raise RuntimeError("cannot join current thread")
        member = baton.members[self._units[id(thread)][1]]
        execution = baton.execution
        execution.touched.append((f"the end of {member.name}", True))
        if not member.ended:
            unit = execution.current
            member.joiners.append(unit)
            until = None if timeout is None else baton.clock.now + max(timeout, 0)
            try:
                baton.wait(f"the end of {member.name}", until)
            finally:
                member.joiners.remove(unit)

    def submit(self, pool: ThreadPoolExecutor, function: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Do what ``ThreadPoolExecutor.submit`` does, as one operation."""
        baton = self._baton
        if get_ident() != baton.running:
            baton.check_gone()
            return real_submit(pool, function, *args, **kwargs)
        if baton.finely:
            baton.reach(point(Role.CALL, sys._getframe(1)))
        units = len(baton.members)
        muted, baton.muted = baton.muted, True
        try:
            future = real_submit(self._controlled(pool), function, *args, **kwargs)
        finally:
            baton.muted = muted
        if len(baton.members) > units:
            baton.reach(STARTED)
        elif baton.finely:
            baton.reach(point(Role.RETURNED, sys._getframe(1)))
        return future

    def shutdown(self, pool: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do what ``ThreadPoolExecutor.shutdown`` does, but join the threads in their order: it has them in a set."""
        if get_ident() != self._baton.running:
            real_shutdown(pool, wait, cancel_futures=cancel_futures)
            return
        pool = self._controlled(pool)
        real_shutdown(pool, wait=False, cancel_futures=cancel_futures)
        if wait:
            for thread in sorted(pool._threads, key=lambda thread: self._units[id(thread)][1]):
                self.join(thread)

    def _controlled(self, pool: ThreadPoolExecutor) -> ThreadPoolExecutor:
        """Return the pool that takes the place of another in this schedule: itself, if it was made for it.

        The threads of an older one are not controlled, or were those of another schedule.
        """
        queue: Any = pool._work_queue
        if isinstance(queue, ScheduledQueue) and queue.generation == self._baton.generation:
            return pool
        if id(pool) not in self._pools:
            private: Any = pool
            twin = ThreadPoolExecutor(
                private._max_workers,
                private._thread_name_prefix,
                getattr(private, "_initializer", None),
                getattr(private, "_initargs", ()),
            )
            self._pools[id(pool)] = pool, twin
        return self._pools[id(pool)][1]


def run_thread(thread: Thread, worker: Worker) -> None:
    """Run a Thread object on a thread that is kept; the interpreter is told, as far as Python can ask it."""
    _active[worker.ident] = thread
    try:
        thread.run()
    except SystemExit:
        pass  # ends a thread without a word
    finally:
        _active[worker.ident] = worker.thread
        mark_over(thread)


def mark_begun(thread: Thread, worker: Worker) -> None:
    """Let a Thread object know that it is alive."""
    private: Any = thread
    private._ident, private._native_id = worker.ident, worker.native_id
    if sys.version_info >= (3, 13):
        private._handle = Handle(worker.ident)
    else:
        private._tstate_lock = allocate_lock()
        private._tstate_lock.acquire()
    private._started.set()


def mark_over(thread: Thread) -> None:
    """Let a Thread object know that it has ended."""
    private: Any = thread
    if sys.version_info >= (3, 13):
        private._handle._set_done()
    else:
        private._is_stopped = True
        private._tstate_lock = None
