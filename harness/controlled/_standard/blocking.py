"""Locks and queues of programs whose units share a thread: who waits for one blocks the thread, see ``guard``."""

import queue
import sys
import threading
from _queue import Empty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

from gevent.monkey import is_module_patched

from harness.controlled._standard.adoption import Adoption
from harness.controlled._standard.guard import GUARD, Blocked
from harness.controlled._standard.origin import Origin, Titled
from harness.controlled._standard.originals import SimpleQueue, allocate_lock, sleep
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
from harness.core.control import Watch, Work
from harness.core.execution import NOBODY

TIMES: list[Place] = [(threading, "_time", GUARD.elapsed), (queue, "time", GUARD.elapsed)]
SHARED: list[Place] = [*LOCKS, *QUEUES, *TIMES]
UNKNOWN = references(SHARED)
LOOK = 0.05
"""Seconds of real time between two looks at what a thread that is joined waits for."""


class Blocking(Titled):
    """What goes by a real one, and sees that a wait for it has no end."""

    __slots__ = ("_name", "_real")

    def __init__(self, real: Any, frame: FrameType | None, *, kept: bool) -> None:
        super().__init__(frame)
        self._real = real
        GUARD.made += 1
        self._name = f"{'kept ' if kept else ''}{self.kind} {GUARD.made}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def _touch(self, *, writes: bool) -> None:
        if GUARD.is_here() and GUARD.execution is not None:
            GUARD.execution.touched.append((self._name, writes))


class BlockingLock(Blocking):
    """A ``threading.Lock``."""

    __slots__ = ("_since", "_step", "_unit")

    def __init__(self, frame: FrameType | None, real: Any = None) -> None:
        super().__init__(allocate_lock() if real is None else real, frame, kept=real is not None)
        self._unit = NOBODY
        """The unit that holds it."""
        self._since: Origin | None = None
        self._step = 0
        """In which step that took it."""

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
        self._touch(writes=False)
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
            # What waits in the standard library takes a lock of its own twice.
            if by_unit or (self.is_held() and self.made.called is None):
                words += f", held by {execution.names[self._unit]} since {self._since}"
            GUARD.outwait(self._arrives, words, by_unit=by_unit)
        return True

    def _arrives(self, seconds: float) -> bool:
        return bool(self._real.acquire(True, seconds))


class BlockingQueue(Blocking):
    """A ``queue.SimpleQueue``; all other queues stand on locks."""

    __slots__ = ()

    kind = "queue"

    def __init__(self, frame: FrameType | None, real: Any = None) -> None:
        super().__init__(SimpleQueue() if real is None else real, frame, kept=real is not None)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add an item."""
        self._touch(writes=True)
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
        self._touch(writes=True)
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

    def empty(self) -> bool:
        """Tell whether there is no item."""
        self._touch(writes=True)
        return bool(self._real.empty())

    def qsize(self) -> int:
        """Return how many items there are."""
        self._touch(writes=True)
        return int(self._real.qsize())

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


STAND_INS: dict[type, Callable[[Any], Titled]] = {
    type(allocate_lock()): lambda real: BlockingLock(None, real),
    SimpleQueue: lambda real: BlockingQueue(None, real),
}


class OneThread:
    """What hosts have in common whose units share the thread that explores."""

    adoption: Adoption

    def watch(self, watch: Watch) -> None:
        """Whoever shares a thread gives way by itself alone; what its modules hold may block it all the same."""
        self.adoption.watch(watch.files)

    def look_through(self, works: Sequence[Work]) -> None:
        """Find the locks that the callables of the first schedule know."""
        if not self.adoption.knows_calls:
            self.adoption.of_calls(work.call for work in works)

    def pending(self) -> int:
        """Return how many functions wait for a thread of the host's own."""
        return 0

    def is_own_thread(self) -> bool:
        """Tell whether the caller is a function that runs on such a thread."""
        return False

    @contextmanager
    def guarded(self, where: str) -> Iterator[None]:
        """Guard the calling thread, and let others stand for locks and queues, as long as the context lasts.

        Where gevent has patched the process they do for those alone that are older than the patch: its own let other
        greenlets go on. ``where`` says who cannot go on while a unit blocks the thread.
        """
        patched = is_module_patched("threading")
        own = [
            LOCK.making(GUARD.is_program, BlockingLock),
            INNER_LOCK.making(GUARD.is_program, BlockingLock),
            SIMPLE_QUEUE.making(GUARD.is_program, BlockingQueue),
            (threading.Thread, "join", join),
        ]
        places = Places([], [], []) if patched else Places(SHARED, UNKNOWN, own)
        self.adoption = Adoption(STAND_INS, {} if patched else MAKERS)
        places.install()
        try:
            with GUARD.opened(where, self.pending, self.is_own_thread):
                yield
        finally:
            self.adoption.give_back()
            places.remove()
