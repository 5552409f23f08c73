"""A real thread that is kept over thousands of schedules, and that each unit finds as if it were new."""

import ctypes
import gc
import sys
import threading
import weakref
from _thread import allocate_lock
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet

from harness.controlled._standard.guard import GUARD

Job = Callable[["Worker"], None]


class Worker:
    """A thread that runs one job after another, each when it is given the turn.

    Its ident is that of a thread that has ended and of one that begins, as the system gives idents out again at once.
    """

    def __init__(self, name: str) -> None:
        self.turn = allocate_lock()
        """Released by whoever hands the baton to this thread; that wakes this thread alone."""
        self.turn.acquire()
        self.job: Job | None = None
        """What it runs when it is given its next first turn; None while it runs one, and when it is to end."""
        self.busy = False
        """Whether it is within a job."""
        self.gone = False
        """Whether it was given up: it hangs in something real, or would not be stopped."""
        self.ident = 0
        self.native_id = 0
        self._root: greenlet | None = None
        self._usual = (0, 0)
        self._greenlet: greenlet | None = None
        """What the next unit runs on, once a unit has left behind something that is kept by the thread's own."""
        self._forget: Callable[[], None] = _nothing
        self.thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self.thread.start()
        self._facts = dict(vars(self.thread))

    def close(self) -> None:
        """End the thread; it must be between two jobs."""
        self.turn.release()
        self.thread.join()

    def give_up(self) -> None:
        """Leave the thread where it hangs, and no more wait for it."""
        self.gone = True
        GUARD.abandoned.append(self.thread)

    def unwinding(self) -> tuple[int, int]:
        """Return how far it is when it is stopped, and its ident: it runs no step any more."""
        return 0, self.ident

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function on a greenlet that nothing is kept by: the thread's own, which is free, while that is so."""
        if self._greenlet is None:
            return function(*args)
        self._greenlet.run = function
        return self._greenlet.switch(*args)

    def as_new(self) -> None:
        """Forget, on this thread itself, what a unit left behind on it: thread-locals, and facts about the thread."""
        self.forget()
        if self._greenlet is not None or self.is_kept():
            # In two steps, so that the next unit's has the address of the one that dies, as its thread has the ident.
            self._greenlet = None
            self._greenlet = greenlet()

    def forget(self) -> None:
        """Forget what a unit left behind in thread-locals and in facts about the thread; any thread may ask for it."""
        self._forget()
        facts = vars(self.thread)
        if facts != self._facts:
            facts.clear()
            facts.update(self._facts)

    def is_kept(self) -> bool:
        """Tell whether a unit left behind something that is kept by the thread's own greenlet."""
        return self._kept() != self._usual

    def _kept(self) -> tuple[int, int]:
        """Return how many references there are to the thread's own greenlet."""
        return sys.getrefcount(self._root), weakref.getweakrefcount(self._root)

    def _serve(self) -> None:
        self.ident, self.native_id = threading.get_ident(), threading.get_native_id()
        self._forget = _forgetting()
        self._root = getcurrent()
        self._usual = self._kept()
        turn = self.turn
        while not self.gone:
            turn.acquire()
            job, self.job = self.job, None
            if job is None:
                break
            job(self)
        # A thread that ends while its greenlet is referred to has greenlet look through all objects for who does.
        self._root = self._greenlet = None


def _nothing() -> None:
    """Forget nothing."""


def _forgetting() -> Callable[[], None]:
    """Return what clears all thread-locals of the calling thread, as the end of a thread does."""
    return _dropping_dummies() if sys.version_info < (3, 13) else _calling_watchdogs()


def _dropping_dummies() -> Callable[[], None]:
    """Up to 3.12 a thread-local has an entry in the dict of the thread's state, by whose end it clears its values."""
    get_dict = ctypes.pythonapi.PyThreadState_GetDict
    get_dict.restype = ctypes.c_void_p  # borrowed; as an object it would be released once too often
    state: dict[Any, Any] = ctypes.cast(get_dict(), ctypes.py_object).value
    usual = len(state)

    def forget() -> None:
        if len(state) > usual:
            for key in [key for key in state if str(key).startswith("thread.local.")]:
                del state[key]

    return forget


def _calling_watchdogs() -> Callable[[], None]:
    """From 3.13 a thread-local weakly refers to an object of the thread; the reference's callback clears its values."""
    probe = threading.local()
    probe.touched = True
    watchdogs: set[Any] = next(each for each in gc.get_referents(probe) if isinstance(each, set))
    sentinel = next(iter(watchdogs))()
    del probe, watchdogs

    def forget() -> None:
        for reference in weakref.getweakrefs(sentinel):
            if reference.__callback__ is not None:
                reference.__callback__(reference)

    return forget
