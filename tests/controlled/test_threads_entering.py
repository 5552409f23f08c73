"""Threads that wait at the entry of a ``with`` are ended when they have entered, and give back what they took."""

import sys
import threading
import time

import pytest

from harness.controlled._points.monitoring import IDS, monitoring
from harness.controlled._threads.entering import TOOL, enters, raise_within

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="not applicable: before sys.monitoring")


class Stop(BaseException):
    """Ends a thread."""


class Held:
    """A lock, and a thread that waits for it until it is let go."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()
        self.ended: list[str] = []
        self.thread = threading.Thread(target=self.enter)
        self.thread.start()
        while self.stands_in() != "enter":
            time.sleep(0.001)

    def enter(self) -> None:
        try:
            with self.lock:
                self.ended.append("entered")
        except Stop:
            self.ended.append("stopped")

    def stands_in(self) -> str:
        assert self.thread.ident is not None
        return sys._current_frames()[self.thread.ident].f_code.co_name

    def stop(self) -> bool:
        assert self.thread.ident is not None
        return raise_within(Held.enter.__code__, self.thread.ident, Stop)

    def let_go(self) -> None:
        self.lock.release()
        self.thread.join(10)


def taken() -> list[str]:
    return [name for each in IDS if (name := monitoring.get_tool(each)) == TOOL]


def test_two_that_wait_share_one_tool_and_leave_what_they_entered() -> None:
    first, second, other = Held(), Held(), Held()
    assert first.stop()
    assert second.stop()
    assert taken() == [TOOL]
    other.let_go()
    assert other.ended == ["entered"]
    for each in (first, second):
        assert taken() == [TOOL]
        each.let_go()
        assert each.ended == ["stopped"]
        assert each.lock.acquire(timeout=5)
    assert taken() == []


@pytest.mark.skipif(sys.version_info < (3, 14), reason="not applicable: the entry is no call yet")
def test_the_entry_is_known_and_no_other_place() -> None:
    waits = Held()
    assert waits.thread.ident is not None
    assert enters(sys._current_frames()[waits.thread.ident])
    assert not enters(sys._getframe())
    waits.let_go()
