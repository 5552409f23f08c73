"""Pools of threads in a schedule: their own if it made them, and others in the place of those made before."""

import sys
from _thread import get_ident
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from harness.controlled._threads.awaited import point
from harness.controlled._threads.baton import Baton
from harness.controlled._threads.queue import ScheduledQueue
from harness.controlled._threads.spawning import STARTED, Spawning
from harness.core.points import Role

real_submit, real_shutdown = ThreadPoolExecutor.submit, ThreadPoolExecutor.shutdown
real_init: Callable[..., None] = Future.__init__
NUMBER = "_number_in_schedule"
BEGINNINGS = ("_initializer", "_initargs", "_create_worker_context", "_resolve_work_item_task")
"""By what a pool begins its threads: the first two up to Python 3.13, the others since."""


class Pools:
    """Stands in for the methods of ``ThreadPoolExecutor`` where a controlled unit calls them."""

    def __init__(self, baton: Baton, spawning: Spawning) -> None:
        self._baton = baton
        self._spawning = spawning
        self._pools: dict[int, tuple[ThreadPoolExecutor, ThreadPoolExecutor]] = {}

    def forget(self) -> None:
        """Forget the pools of a schedule that is over."""
        self._pools.clear()

    def begin_future(self, future: "Future[Any]") -> None:
        """Do what ``Future.__init__`` does, and number it: sets of futures are gone through in the order of hashes."""
        real_init(future)
        baton = self._baton
        if baton.makes(get_ident()):
            baton.made += 1
            vars(future)[NUMBER] = baton.made

    def submit(self, pool: ThreadPoolExecutor, function: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Do what ``ThreadPoolExecutor.submit`` does, as one operation."""
        baton = self._baton
        if get_ident() != baton.running:
            baton.check_gone()
            return real_submit(pool, function, *args, **kwargs)
        if baton.finely:
            baton.stand(point(Role.CALL, sys._getframe(1)))
        units = len(baton.members)
        muted, baton.muted = baton.muted, True
        try:
            future = real_submit(self._controlled(pool), function, *args, **kwargs)
        finally:
            baton.muted = muted
        if len(baton.members) > units:
            baton.stand(STARTED)
        elif baton.finely:
            baton.stand(point(Role.RETURNED, sys._getframe(1)))
        return future

    def shutdown(self, pool: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do what ``ThreadPoolExecutor.shutdown`` does, but join the threads in their order: it has them in a set."""
        if get_ident() != self._baton.running:
            real_shutdown(pool, wait, cancel_futures=cancel_futures)
            return
        pool = self._controlled(pool)
        real_shutdown(pool, wait=False, cancel_futures=cancel_futures)
        if wait:
            for thread in sorted(pool._threads, key=self._spawning.number):
                self._spawning.join(thread)

    def _controlled(self, pool: ThreadPoolExecutor) -> ThreadPoolExecutor:
        """Return the pool that takes the place of another in this schedule: itself, if it was made for it.

        The threads of an older one are not controlled, or were those of another schedule.
        """
        queue: Any = pool._work_queue
        if isinstance(queue, ScheduledQueue) and queue.generation == self._baton.generation:
            return pool
        if id(pool) not in self._pools:
            private: Any = pool
            twin = ThreadPoolExecutor(private._max_workers, private._thread_name_prefix)
            vars(twin).update((name, vars(pool)[name]) for name in BEGINNINGS if name in vars(pool))
            self._pools[id(pool)] = pool, twin
        return self._pools[id(pool)][1]


def beginning(pool: ThreadPoolExecutor) -> Callable[[], object] | None:
    """Return what each thread of a pool does first."""
    private: Any = pool
    if sys.version_info >= (3, 14):
        begin: Callable[[], object] = private._create_worker_context().initialize
        return begin
    return partial(private._initializer, *private._initargs) if private._initializer else None


def number_of(future: Any) -> int:
    """Return a future's number, or what is unique to it where it has none."""
    number: int | None = vars(future).get(NUMBER)
    return object.__hash__(future) if number is None else number
