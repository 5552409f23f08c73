"""A ``queue.SimpleQueue`` whose waiting is scheduled; all other queues stand on locks and need none of their own."""

from _queue import Empty, SimpleQueue
from _thread import get_ident
from types import FrameType
from typing import Any

from harness.controlled._threads.awaited import Awaited, Grain
from harness.controlled._threads.baton import Baton
from harness.core.points import Role


class ScheduledQueue(Awaited):
    """Goes by a real one, which threads that are not controlled use alone."""

    __slots__ = ("_real",)

    kind = "queue"

    def __init__(self, baton: Baton, frame: FrameType | None, real: Any = None) -> None:
        super().__init__(baton, Grain.OUTSIDE, frame)
        self._real: SimpleQueue[Any] = SimpleQueue() if real is None else real

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add an item; whoever waits for one can go on."""
        if not self._controlled():
            self._real.put(item)
            return
        self.reach(Role.CALL)
        self._real.put(item)
        self.baton.execution.touched.append((self.name, True))
        self.wake()
        self.reach(Role.RETURNED)

    def put_nowait(self, item: Any) -> None:
        """Add an item."""
        self.put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the oldest item; wait for one until, in virtual time, it is too late: then raise queue.Empty."""
        if not self._controlled():
            return self._real.get(block, timeout)
        if block and timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        self.reach(Role.CALL)
        baton = self.baton
        baton.execution.touched.append((self.name, True))
        until = None if timeout is None else baton.clock.read() + timeout
        while self._real.empty():
            if not block or not self.wait(until):
                raise Empty
        item = self._real.get_nowait()
        if self.waiters and self._real.empty():
            self.hold_back()
        return item

    def get_nowait(self) -> Any:
        """Take the oldest item, or raise queue.Empty."""
        return self.get(block=False)

    def words(self, unit: int) -> str:
        """Say what a unit waits for, and where."""
        return f"an item in {super().words(unit)}"

    def empty(self) -> bool:
        """Tell whether there is no item."""
        return self._real.empty()

    def qsize(self) -> int:
        """Return how many items there are."""
        return self._real.qsize()

    def _controlled(self) -> bool:
        baton = self.baton
        if get_ident() != baton.running:
            baton.check_gone()
            return False
        if self.generation != baton.generation:
            self.generation = baton.generation
            self.waiters.clear()
        return True
