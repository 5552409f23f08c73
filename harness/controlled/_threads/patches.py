"""Names of the standard library that mean something else to the units of a schedule, and to whoever prepares it."""

import _queue
import _thread
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import _base as futures
from types import FrameType
from typing import Any

from harness.controlled._place import carries
from harness.controlled._standard.places import (
    INNER_LOCK,
    LOCK,
    LOCKS,
    QUEUES,
    RLOCK,
    RLOCKS,
    SIMPLE_QUEUE,
    Place,
    Places,
    references,
)
from harness.controlled._threads.awaited import Awaited, Grain
from harness.controlled._threads.baton import Baton
from harness.controlled._threads.locks import ScheduledLock, ScheduledRLock
from harness.controlled._threads.pools import Pools, number_of
from harness.controlled._threads.queue import ScheduledQueue
from harness.controlled._threads.spawning import Spawning

get_ident = _thread.get_ident
real_rlock, real_queue = _thread.RLock, _queue.SimpleQueue
real_sleep, real_monotonic, real_time = time.sleep, time.monotonic, time.time

SHARED: list[Place] = [
    *LOCKS,
    *RLOCKS,
    *QUEUES,
    (Future, "__hash__", number_of),
    (futures, "id", number_of),
]
"""What is the same for each host."""
UNKNOWN = references(SHARED)
"""How many there are to each of these while no program knows it."""


def patches(baton: Baton, spawning: Spawning, pools: Pools) -> Places:
    """Return what a host of threads puts in the places of what blocks, sleeps, tells the time or starts threads."""
    sleep, monotonic, now = _times(baton)
    elapsed = _elapsed(baton)
    start, join = _methods_of_threads(spawning)
    start_bare = _start_bare(spawning)
    submit, shutdown, begin_future = _methods_of_pools(pools)

    def is_program() -> bool:
        return baton.makes(get_ident())

    own: list[Place] = [
        LOCK.making(is_program, lambda frame: ScheduledLock(baton, _grain(frame), frame)),
        INNER_LOCK.making(is_program, lambda frame: ScheduledLock(baton, Grain.NONE, frame)),
        RLOCK.making(is_program, lambda frame: ScheduledRLock(baton, _grain(frame), frame)),
        SIMPLE_QUEUE.making(is_program, lambda frame: ScheduledQueue(baton, frame)),
        (time, "sleep", sleep),
        (time, "monotonic", monotonic),
        (time, "time", now),
        (_thread, "start_new_thread", start_bare),
        (threading, "_time", elapsed),
        (queue, "time", elapsed),
        (threading.Thread, "start", start),
        (threading.Thread, "join", join),
        (ThreadPoolExecutor, "submit", submit),
        (ThreadPoolExecutor, "shutdown", shutdown),
        (Future, "__init__", begin_future),
    ]
    return Places(SHARED, UNKNOWN, own)


def stand_ins(baton: Baton) -> dict[type, Callable[[Any], Awaited]]:
    """Return what makes, by its type, what stands for a lock or queue that there was before the host was opened."""
    return {
        _thread.LockType: lambda real: ScheduledLock(baton, Grain.ALL, None, real),
        real_rlock: lambda real: ScheduledRLock(baton, Grain.ALL, None, real),
        real_queue: lambda real: ScheduledQueue(baton, None, real),
    }


def _methods_of_threads(spawning: Spawning) -> tuple[Callable[..., None], ...]:

    def start(self: threading.Thread) -> None:
        spawning.start(self)

    def join(self: threading.Thread, timeout: float | None = None) -> None:
        spawning.join(self, timeout)

    return start, join


def _start_bare(spawning: Spawning) -> Callable[..., int]:
    def start_new_thread(
        function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None, /
    ) -> int:
        return spawning.start_bare(function, args, kwargs or {})

    return start_new_thread


def _methods_of_pools(pools: Pools) -> tuple[Callable[..., Any], ...]:
    def submit(self: ThreadPoolExecutor, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return pools.submit(self, fn, *args, **kwargs)

    def shutdown(self: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pools.shutdown(self, wait, cancel_futures=cancel_futures)

    def begin_future(self: "Future[Any]") -> None:
        pools.begin_future(self)

    return submit, shutdown, begin_future


def _times(baton: Baton) -> tuple[Callable[[float], None], Callable[[], float], Callable[[], float]]:
    def sleep(seconds: float, /) -> None:
        if get_ident() == baton.running:
            if seconds < 0:
                raise ValueError("sleep length must be non-negative")
            baton.pause(seconds)
        else:
            baton.check_gone()
            real_sleep(seconds)

    def monotonic() -> float:
        return real_monotonic() + (baton.clock.read() if get_ident() == baton.running else 0.0)

    def now() -> float:
        return real_time() + (baton.clock.read() if get_ident() == baton.running else 0.0)

    return sleep, monotonic, now


def _elapsed(baton: Baton) -> Callable[[], float]:
    """Return the time by which the standard library reckons how long to wait: virtual alone, to be repeatable."""

    def elapsed() -> float:
        return baton.clock.read() if get_ident() == baton.running else real_monotonic()

    return elapsed


def _grain(frame: FrameType) -> Grain:
    return Grain.OUTSIDE if carries(frame.f_code.co_filename) else Grain.ALL
