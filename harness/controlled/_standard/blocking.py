"""Locks and queues of programs whose units share a thread: who waits for one blocks the thread, see ``guard``."""

import queue
import sys
import threading
from _queue import Empty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

from gevent.monkey import get_original, is_module_patched

from harness.controlled._standard.adoption import Adoption
from harness.controlled._standard.guard import GUARD, Blocked
from harness.controlled._standard.origin import Origin
from harness.controlled._standard.places import (
    INNER_LOCK,
    LOCK,
    LOCKS,
    MAKERS,
    QUEUES,
    SIMPLE_QUEUE,
    Place,
    Places,
    references,
)
from harness.core.execution import NOBODY

# In a process that gevent has patched, the modules have gevent's.
allocate_lock: Callable[[], Any] = get_original("_thread", "allocate_lock")
sleep: Callable[[float], None] = get_original("time", "sleep")
RealQueue: type = get_original("_queue", "SimpleQueue")

TIMES: list[Place] = [(threading, "_time", GUARD.elapsed), (queue, "time", GUARD.elapsed)]
SHARED: list[Place] = [*LOCKS, *QUEUES, *TIMES]
UNKNOWN = references(SHARED)
LOOK = 0.05
"""Seconds of real time between two looks at what a thread that is joined waits for."""


class BlockingLock:
    """A ``threading.Lock``, which goes by a real one."""

    __slots__ = ("__weakref__", "_made", "_name", "_real", "_since", "_step", "_unit", "title")

    kind = "lock"

    def __init__(self, frame: FrameType | None, real: Any = None) -> None:
        self.title = ""
        self._real = allocate_lock() if real is None else real
        self._made = Origin(frame)
        GUARD.made += 1
        self._name = f"{'' if real is None else 'kept '}lock {GUARD.made}"
        self._unit = NOBODY
        """The unit that holds it."""
        self._since: Origin | None = None
        self._step = 0
        """In which step that took it."""

    def __str__(self) -> str:
        return self.title or self._made.of(self.kind)

    def __repr__(self) -> str:
        return f"<{self}>"

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it. A wait that is limited is over at once where no other thread can give it back in the meantime."""
        if not GUARD.is_here():
            return self._take_elsewhere(blocking, timeout)
        taken = self._take(blocking, timeout)
        execution = GUARD.execution
        assert execution is not None
        execution.touched.append((self._name, taken))
        if taken:
            self._unit, self._step = execution.current, len(execution.ran)
            self._since = Origin(sys._getframe(1))
            GUARD.held.add(self)
        return taken

    def release(self) -> None:
        """Give it back."""
        if self._unit == NOBODY and GUARD.is_here() and GUARD.is_over():
            return  # it was given back for this unit
        # Before it is free: another thread may take it at once.
        self._unit = NOBODY
        GUARD.held.discard(self)
        self._real.release()
        if GUARD.is_here():
            execution = GUARD.execution
            assert execution is not None
            taken = (self._name, True)
            if self._step == len(execution.ran) and taken in execution.touched:
                # Nobody can have found it taken: two that do this do not disturb each other.
                execution.touched.remove(taken)
                execution.touched.append((self._name, False))
            else:
                execution.touched.append(taken)

    def is_held(self) -> bool:
        """Tell whether a unit holds it."""
        return self._unit != NOBODY

    def free(self) -> None:
        """Give it back for a unit that was stopped."""
        if self._unit != NOBODY:
            self._unit = NOBODY
            self._real.release()

    def locked(self) -> bool:
        """Tell whether anybody holds it."""
        if GUARD.is_here() and GUARD.execution is not None:
            GUARD.execution.touched.append((self._name, False))
        return bool(self._real.locked())

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._real = allocate_lock()
        self._unit = NOBODY

    def _take_elsewhere(self, blocking: bool, timeout: float) -> bool:
        if blocking and self._unit != NOBODY and GUARD.is_own() and not self._real.acquire(False):
            GUARD.waited_in_vain()
            raise Blocked
        taken = bool(self._real.acquire(blocking, timeout))
        if not taken and timeout > 0:
            GUARD.waited_in_vain()
        return taken

    def _take(self, blocking: bool, timeout: float) -> bool:
        if not blocking or timeout != -1:
            taken = self._real.acquire(blocking, min(timeout, 0))
            return taken or (timeout > 0 and GUARD.waits(self._arrives, timeout))
        if not self._real.acquire(False):
            execution = GUARD.execution
            assert execution is not None
            words, by_unit = str(self), self._unit not in {NOBODY, execution.current}
            if by_unit:
                words += f", held by {execution.names[self._unit]} since {self._since}"
            GUARD.outwait(self._arrives, words, by_unit=by_unit)
        return True

    def _arrives(self, seconds: float) -> bool:
        return bool(self._real.acquire(True, seconds))


class BlockingQueue:
    """A ``queue.SimpleQueue``, which goes by a real one; all other queues stand on locks."""

    __slots__ = ("__weakref__", "_made", "_name", "_real", "title")

    kind = "queue"

    def __init__(self, frame: FrameType | None, real: Any = None) -> None:
        self.title = ""
        self._real = RealQueue() if real is None else real
        self._made = Origin(frame)
        GUARD.made += 1
        self._name = f"{'' if real is None else 'kept '}queue {GUARD.made}"

    def __str__(self) -> str:
        return self.title or self._made.of(self.kind)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add an item."""
        self._touch()
        self._real.put(item)

    def put_nowait(self, item: Any) -> None:
        """Add an item."""
        self.put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the oldest item. A wait that is limited is over at once where no other thread can add one meanwhile."""
        if not GUARD.is_here():
            try:
                return self._real.get(block, timeout)
            except Empty:
                if timeout:
                    GUARD.waited_in_vain()
                raise
        self._touch()
        if block and self._real.empty():
            if timeout is None:
                GUARD.outwait(self._arrives, f"an item in {self}", by_unit=False)
                if self._real.empty():  # it is stopped, and will not end
                    return None
            elif timeout > 0:
                GUARD.waits(self._arrives, timeout)
        return self._real.get(block, timeout and min(timeout, 0.0))

    def get_nowait(self) -> Any:
        """Take the oldest item, or raise queue.Empty."""
        return self.get(block=False)

    def free(self) -> None:
        """Nobody holds it."""

    def empty(self) -> bool:
        """Tell whether there is no item."""
        self._touch()
        return bool(self._real.empty())

    def qsize(self) -> int:
        """Return how many items there are."""
        self._touch()
        return int(self._real.qsize())

    def _touch(self) -> None:
        if GUARD.is_here() and GUARD.execution is not None:
            GUARD.execution.touched.append((self._name, True))

    def _arrives(self, seconds: float) -> bool:
        # Not taken and put back: what came after it would be before it.
        until = monotonic() + seconds
        while self._real.empty():
            if monotonic() >= until:
                return False
            sleep(0.001)
        return True


real_join: Callable[..., None] = threading.Thread.join


def join(thread: threading.Thread, timeout: float | None = None) -> None:
    """Do what ``Thread.join`` does, and end the schedule when nobody goes on any more."""
    if timeout is None and GUARD.is_here():

        def ends(seconds: float) -> bool:
            real_join(thread, seconds)
            return not thread.is_alive()

        while not ends(LOOK):
            if not GUARD.may_be_brought():
                GUARD.outwait(ends, f"the end of a thread at {Origin(sys._getframe(1))}", by_unit=False)
                break
    real_join(thread, timeout)


ADOPTION = Adoption(
    {
        type(allocate_lock()): lambda real: BlockingLock(None, real),
        RealQueue: lambda real: BlockingQueue(None, real),
    },
    {} if is_module_patched("threading") else MAKERS,
)


@contextmanager
def guarded(where: str, pending: Callable[[], int], is_own: Callable[[], bool]) -> Iterator[None]:
    """Guard the calling thread, and let these stand for locks and queues, as long as the context lasts.

    Not where gevent has patched the process: its own let other greenlets go on, and those made before the patch stay.
    """
    places = None
    if not is_module_patched("threading"):
        own = [
            LOCK.making(GUARD.is_program, BlockingLock),
            INNER_LOCK.making(GUARD.is_program, BlockingLock),
            SIMPLE_QUEUE.making(GUARD.is_program, BlockingQueue),
            (threading.Thread, "join", join),
        ]
        places = Places(SHARED, UNKNOWN, own)
        places.install()
    try:
        with GUARD.opened(where, pending, is_own):
            yield
    finally:
        ADOPTION.give_back()
        if places is not None:
            places.remove()
