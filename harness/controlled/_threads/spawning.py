"""Threads that a controlled unit starts and joins: each is a unit of its own, on a thread that is kept."""

import sys
import threading
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Callable
from concurrent.futures.thread import _worker as pool_worker
from contextvars import Context, copy_context
from functools import partial
from threading import Thread, current_thread
from typing import Any

from harness.controlled._threads.baton import Baton
from harness.controlled._threads.worker import Worker
from harness.core.feasibility import Feasibility
from harness.core.points import Point, Role

STARTED = Point(Role.RETURNED, Feasibility.JITTER)
"""After ``Thread.start``, which waits for the new thread's first sign of life."""

real_start, real_join = Thread.start, Thread.join
real_start_bare = start_new_thread
_active: dict[int, Thread] = threading._active  # type: ignore[attr-defined]

HANDLE = "_os_thread_handle" if sys.version_info >= (3, 14) else "_handle"
"""Where, from 3.13 on, a Thread object keeps the system's thread."""


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
    """Stands in for the methods of ``Thread`` where a controlled unit calls them."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._units: dict[int, tuple[Thread, int]] = {}

    def forget(self) -> None:
        """Forget the threads of a schedule that is over."""
        for thread, _ in self._units.values():
            mark_over(thread)
        self._units.clear()

    def number(self, thread: Thread) -> int:
        """Return the unit that a thread of this schedule is."""
        return self._units[id(thread)][1]

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
        unit = baton.enlist(
            name, [partial(run_thread, thread, context_of(thread))], worker, background=background
        )
        self._units[id(thread)] = thread, unit
        baton.stand(STARTED)

    def start_bare(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
        """Do what ``_thread.start_new_thread`` does; its thread is a daemon, for nobody waits for one."""
        baton = self._baton
        if get_ident() != baton.running:
            baton.check_gone()
            return real_start_bare(function, args, kwargs)
        running, baton.running = baton.running, 0
        thread = Thread(target=function, args=args, kwargs=kwargs, daemon=True)
        baton.running = running
        self.start(thread)
        assert thread.ident is not None
        return thread.ident

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
            until = None if timeout is None else baton.clock.read() + max(timeout, 0)
            try:
                baton.wait(f"the end of {member.name}", until)
            finally:
                member.joiners.remove(unit)


def context_of(thread: Thread) -> Context:
    """Return what a thread that is started here runs in; from 3.14 on it may have been given one."""
    given: Context | None = getattr(thread, "_context", None)
    return inherited() if given is None else given


def inherited() -> Context:
    """Return what a thread that is started here finds: nothing, or from 3.14 on, where it is asked for, a copy."""
    return copy_context() if getattr(sys.flags, "thread_inherit_context", False) else Context()


def run_thread(thread: Thread, context: Context, worker: Worker) -> None:
    """Run a Thread object on a thread that is kept; the interpreter is told, as far as Python can ask it."""
    _active[worker.ident] = thread
    try:
        context.run(thread.run)
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
        setattr(private, HANDLE, Handle(worker.ident))
    else:
        private._tstate_lock = allocate_lock()
        private._tstate_lock.acquire()
    private._started.set()


def mark_over(thread: Thread) -> None:
    """Let a Thread object know that it has ended."""
    private: Any = thread
    if sys.version_info >= (3, 13):
        getattr(private, HANDLE)._set_done()
    else:
        private._is_stopped = True
        private._tstate_lock = None
