"""Locals that end their process, or never return; each looks like one that promises everything."""

import os
import signal
import threading
from typing import Any

from localimpl import Promise, Subject, Unit
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


EVERYTHING = Promise(frozenset(Unit))
LEAVING = Subject("leaving", "Ends its process in silence.", Leaving, EVERYTHING)
KILLED = Subject("killed", "Is killed.", Killed, EVERYTHING)
STUCK = Subject("stuck", "Never returns.", Stuck, EVERYTHING)
GOOD = Subject("good", "A ContextVar for each name.", ContextLocal, EVERYTHING)
