"""Locals that end their process, or never return; each looks like one that promises everything."""

import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from harness.core.errors import UserError
from localimpl import Promise, Subject, Unit
from localimpl.broken_global import GlobalLocal
from localimpl.contextvar import ContextLocal


class Leaving(ContextLocal, reads_attributes=True):
    """Ends the process in silence, as a call of os._exit in some library does."""

    __slots__ = ()

    def set(self, name: str, value: Any, /) -> None:
        os._exit(0)


class Killed(ContextLocal, reads_attributes=True):
    """Ends the process as a crash in native code does."""

    __slots__ = ()

    def set(self, name: str, value: Any, /) -> None:
        print("about to crash", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


class Stuck(ContextLocal, reads_attributes=True):
    """Never returns from its second write on."""

    __slots__ = ("_writes",)

    def __init__(self) -> None:
        self._writes: list[str] = []

    def set(self, name: str, value: Any, /) -> None:
        self._writes.append(name)
        if len(self._writes) > 1:
            threading.Event().wait()
        super().set(name, value)


def _under_control() -> bool:
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if "harness/controlled" in frame.f_code.co_filename:
            return True
    return False


class Deadlocks(ContextLocal, reads_attributes=True):
    """Takes a lock that it has already."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken = threading.Lock()

    def set(self, name: str, value: Any, /) -> None:
        with self._taken, self._taken:
            super().set(name, value)


class Crossed(ContextLocal, reads_attributes=True):
    """Takes two locks to write, and the same two the other way round to read."""

    __slots__ = ("_first", "_second")

    def __init__(self) -> None:
        self._first, self._second = threading.Lock(), threading.Lock()

    def set(self, name: str, value: Any, /) -> None:
        with self._first, self._second:
            super().set(name, value)

    def get(self, name: str, /) -> Any:
        with self._second, self._first:
            return super().get(name)


class SpinsUnderControl(ContextLocal, reads_attributes=True):
    """Runs freely, and goes round for ever as soon as a scheduler picks who goes on."""

    __slots__ = ()

    def set(self, name: str, value: Any, /) -> None:
        while _under_control():
            pass
        super().set(name, value)


class StuckUnlessUnderControl(ContextLocal, reads_attributes=True):
    """Never returns where threads run freely."""

    __slots__ = ()

    def set(self, name: str, value: Any, /) -> None:
        if not _under_control():
            threading.Event().wait()
        super().set(name, value)


class DiesUnderControl(GlobalLocal):
    """Keeps nothing apart, and ends its process as soon as a scheduler picks who goes on."""

    __slots__ = ()

    def set(self, name: str, value: Any, /) -> None:
        if _under_control():
            os._exit(3)
        super().set(name, value)


class RefusesControl(ContextLocal, reads_attributes=True):
    """Runs freely, and cannot be made as soon as its schedules are to be searched."""

    __slots__ = ()

    def __init__(self) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if "harness/explorer" in frame.f_code.co_filename:
                raise UserError("this one is not to be explored")
            frame = frame.f_back
        super().__init__()


EVERYTHING = Promise(frozenset(Unit))
LEAVING = Subject("leaving", "Ends its process in silence.", Leaving, EVERYTHING)
KILLED = Subject("killed", "Is killed.", Killed, EVERYTHING)
STUCK = Subject("stuck", "Never returns.", Stuck, EVERYTHING)
CROSSED = Subject("crossed", "Takes two locks in two orders.", Crossed, EVERYTHING)
DEADLOCKS = Subject("deadlocks", "Takes its lock twice.", Deadlocks, EVERYTHING)
STUCK_UNLESS_UNDER_CONTROL = Subject(
    "stuck_unless_under_control", "Never returns.", StuckUnlessUnderControl, EVERYTHING
)
SPINS_UNDER_CONTROL = Subject("spins_under_control", "Spins.", SpinsUnderControl, EVERYTHING)
REFUSES_CONTROL = Subject("refuses_control", "Refuses.", RefusesControl, EVERYTHING)
DIES_UNDER_CONTROL = Subject("dies_under_control", "Dies.", DiesUnderControl, Promise(frozenset()))
GOOD = Subject("good", "A ContextVar for each name.", ContextLocal, EVERYTHING)
