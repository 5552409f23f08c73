"""Names of the standard library that mean something else to the units of a schedule, and to whoever prepares it."""

import _queue
import _thread
import queue
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import _base as futures
from types import FrameType, ModuleType
from typing import Any

from harness.controlled._awaited import Grain
from harness.controlled._place import carries
from harness.controlled._threads.baton import Baton
from harness.controlled._threads.locks import ScheduledLock, ScheduledRLock
from harness.controlled._threads.names import exchange
from harness.controlled._threads.pools import Pools, number_of
from harness.controlled._threads.queue import ScheduledQueue
from harness.controlled._threads.spawning import Spawning

get_ident = _thread.get_ident
real_sleep, real_monotonic, real_time = time.sleep, time.monotonic, time.time
real_allocate, real_rlock, real_queue = _thread.allocate_lock, _thread.RLock, _queue.SimpleQueue

NOTHING = object()
"""In place of an attribute that was not there."""

Place = tuple[Any, str, Any]
"""An object, the name of an attribute, and what it is to be."""


class Patches:
    """Puts other objects under these names, and in all modules that have imported them by name; and puts them back."""

    def __init__(self, baton: Baton, spawning: Spawning, pools: Pools) -> None:
        lock = _making(baton, "Lock", real_allocate, lambda frame: ScheduledLock(baton, _grain(frame), frame))
        inner_lock = _making(
            baton, "Lock", real_allocate, lambda frame: ScheduledLock(baton, Grain.NONE, frame)
        )
        rlock = _making(baton, "RLock", real_rlock, lambda frame: ScheduledRLock(baton, _grain(frame), frame))
        simple_queue = _making(baton, "SimpleQueue", real_queue, lambda frame: ScheduledQueue(baton, frame))
        sleep, monotonic, now = _times(baton)
        elapsed = _elapsed(baton)
        start, join = _methods_of_threads(spawning)
        start_bare = _start_bare(spawning)
        submit, shutdown, begin_future = _methods_of_pools(pools)
        # Of what the standard library knows by two names, the first tells what stands for it where others import it.
        self._places: list[Place] = [
            (time, "sleep", sleep),
            (time, "monotonic", monotonic),
            (time, "time", now),
            (_thread, "allocate_lock", lock),
            (_thread, "RLock", rlock),
            (_thread, "start_new_thread", start_bare),
            (threading, "Lock", lock),
            (threading, "RLock", rlock),
            (threading, "_allocate_lock", inner_lock),
            (threading, "_time", elapsed),
            (queue, "time", elapsed),
            (queue, "SimpleQueue", simple_queue),
            (_queue, "SimpleQueue", simple_queue),
            (threading.Thread, "start", start),
            (threading.Thread, "join", join),
            (ThreadPoolExecutor, "submit", submit),
            (ThreadPoolExecutor, "shutdown", shutdown),
            (Future, "__init__", begin_future),
            (Future, "__hash__", number_of),
            (futures, "id", number_of),
        ]
        self._before: list[Place] = []
        self._by_name: dict[int, tuple[Any, Any]] = {}
        """What modules may have imported by name, and what stands for it; by the identity of the former."""
        self._references: list[int] = []
        """How many references there are to each that stands for another while only this object knows it."""
        self._imported: list[tuple[dict[str, Any], str, Any]] = []
        """The names of modules that had it, each with what it was."""

    def install(self) -> None:
        """Put the others in place."""
        self._before = [(owner, name, vars(owner).get(name, NOTHING)) for owner, name, _ in self._places]
        self._by_name = {
            id(original): (original, other)
            for (owner, _, original), (_, _, other) in zip(
                reversed(self._before), reversed(self._places), strict=True
            )
            if isinstance(owner, ModuleType) and original is not NOTHING
        }
        self._references = self._counted()
        for owner, name, other in self._places:
            setattr(owner, name, other)
        self._imported = exchange(self._by_name.values())

    def remove(self) -> None:
        """Put back what was there, also in modules that were imported meanwhile."""
        while self._before:
            owner, name, original = self._before.pop()
            if original is NOTHING:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
        for names, name, original in self._imported:
            if names.get(name) is self._by_name[id(original)][1]:
                names[name] = original
        if self._counted() != self._references:
            exchange([(other, original) for original, other in self._by_name.values()])

    def _counted(self) -> list[int]:
        return [sys.getrefcount(other) for _, other in self._by_name.values()]


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


def _making(baton: Baton, name: str, real: Callable[[], Any], scheduled: Callable[[FrameType], Any]) -> type:
    """Return what makes scheduled things for the program and real ones for others: a type, as what it stands for."""

    def make(cls: type) -> Any:
        return scheduled(sys._getframe(1)) if baton.makes(get_ident()) else real()

    return type(name, (), {"__new__": make})
