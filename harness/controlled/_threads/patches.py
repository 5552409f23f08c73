"""Names of the standard library that mean something else to the units of a schedule, and to whoever prepares it."""

import _queue
import _thread
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import _base as futures
from types import FrameType, ModuleType
from typing import Any

from harness.controlled._awaited import Grain
from harness.controlled._place import carries
from harness.controlled._threads.baton import Baton
from harness.controlled._threads.locks import ScheduledLock, ScheduledRLock
from harness.controlled._threads.names import Pair, exchange
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


class Kind:
    """What locks or queues are made by: a type, as what it stands for, and the same one for each host."""

    def __init__(self, name: str, real: Callable[[], Any]) -> None:
        self.real = real
        self.make: Callable[[FrameType], Any] = lambda frame: real()
        """Makes one for whoever asks from a frame: a host puts its own here."""
        self.type = type(name, (), {"__new__": lambda cls: self.make(sys._getframe(1))})


LOCK, INNER_LOCK = Kind("Lock", real_allocate), Kind("Lock", real_allocate)
RLOCK, SIMPLE_QUEUE = Kind("RLock", real_rlock), Kind("SimpleQueue", real_queue)

# Of what the standard library knows by two names, the first tells what stands for it where others import it.
SHARED: list[Place] = [
    (_thread, "allocate_lock", LOCK.type),
    (_thread, "RLock", RLOCK.type),
    (threading, "Lock", LOCK.type),
    (threading, "RLock", RLOCK.type),
    (threading, "_allocate_lock", INNER_LOCK.type),
    (queue, "SimpleQueue", SIMPLE_QUEUE.type),
    (_queue, "SimpleQueue", SIMPLE_QUEUE.type),
    (Future, "__hash__", number_of),
    (futures, "id", number_of),
]
"""What is the same for each host."""


def _references(places: Iterable[Place]) -> list[int]:
    """Return how many references there are to each object that is put somewhere."""
    return [sys.getrefcount(other) for _, _, other in places]


UNKNOWN = _references(SHARED)
"""How many there are to each of these while no program knows it."""


class Patches:
    """Puts other objects under these names, and in all modules that have imported them by name; and puts them back."""

    def __init__(self, baton: Baton, spawning: Spawning, pools: Pools) -> None:
        sleep, monotonic, now = _times(baton)
        elapsed = _elapsed(baton)
        start, join = _methods_of_threads(spawning)
        start_bare = _start_bare(spawning)
        submit, shutdown, begin_future = _methods_of_pools(pools)
        self._own: list[Place] = [
            _making(LOCK, baton, lambda frame: ScheduledLock(baton, _grain(frame), frame)),
            _making(INNER_LOCK, baton, lambda frame: ScheduledLock(baton, Grain.NONE, frame)),
            _making(RLOCK, baton, lambda frame: ScheduledRLock(baton, _grain(frame), frame)),
            _making(SIMPLE_QUEUE, baton, lambda frame: ScheduledQueue(baton, frame)),
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
        self._places = [*SHARED, *self._own]
        self._before: list[Any] = []
        """What was at these places."""
        self._unknown: list[int] = []
        """How many references there are to what is put there while nobody else knows it."""
        self._imported: list[tuple[dict[str, Any], str, Any]] = []
        """The names of modules that had imported what was there, each with what it was."""

    def install(self) -> None:
        """Put the others in place."""
        self._before = [vars(owner).get(name, NOTHING) for owner, name, _ in self._places]
        self._unknown = UNKNOWN + _references(self._own)
        for owner, name, other in self._places:
            setattr(owner, name, other)
        self._imported = exchange(self._by_name())

    def remove(self) -> None:
        """Put back what was there, also in modules that were imported meanwhile."""
        self._put_back()
        # Going through all modules takes longer than all else here, and is seldom needed.
        if _references(self._places) != self._unknown:
            exchange([(other, original) for original, other in self._by_name()])
        self._before.clear()
        self._imported.clear()

    def _put_back(self) -> None:
        for (owner, name, _), original in zip(self._places, self._before, strict=True):
            if original is NOTHING:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
        others = {id(original): other for original, other in self._by_name()}
        for names, name, original in self._imported:
            if names.get(name) is others[id(original)]:
                names[name] = original

    def _by_name(self) -> list[Pair]:
        """Return what modules may have imported by name, each with what stands for it; what counts is last."""
        pairs = [
            (original, other)
            for (owner, _, other), original in zip(self._places, self._before, strict=True)
            if isinstance(owner, ModuleType) and original is not NOTHING
        ]
        return pairs[::-1]


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


def _making(kind: Kind, baton: Baton, scheduled: Callable[[FrameType], Any]) -> Place:
    """Return what has a kind make scheduled things for the program and real ones for others."""

    def make(frame: FrameType) -> Any:
        return scheduled(frame) if baton.makes(get_ident()) else kind.real()

    return kind, "make", make
