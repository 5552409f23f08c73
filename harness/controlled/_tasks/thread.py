"""The pool of one thread on which a schedule runs the functions that tasks hand to an executor, one at a time."""

from _thread import allocate_lock
from collections.abc import Callable
from contextvars import Context
from threading import get_ident
from typing import Any

from harness.controlled._threads.waking import wake_as_usual, wake_late
from harness.controlled._threads.worker import Worker

LONGEST = 10.0
"""Seconds of real time that a function may take before it counts as blocked."""
NAME = "asyncio_0"
"""As the first thread of asyncio's default executor is called."""


class Pool:
    """A thread that is begun by its first function and kept; each schedule finds it as if it were new."""

    def __init__(self) -> None:
        self._worker: Worker | None = None
        self._done = allocate_lock()
        self._done.acquire()
        self._context = Context()
        self._used = False
        """Whether the running schedule has had a function run."""
        self._call: Callable[[], Any] | None = None
        self._result: Any = None
        self._error: BaseException | None = None
        self._wakes_late = False
        self.blocked = False
        """Whether a function has not come back; the thread ends if it ever does."""

    def run(self, call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
        """Run a function and return its result and what it raised; TimeoutError when it does not come back."""
        if self.blocked:
            raise TimeoutError
        if self._worker is None:
            self._wakes_late = wake_late()
            self._worker = Worker(NAME)
        self._used = True
        self._call = call
        self._worker.job = self._work
        self.blocked = True
        self._worker.turn.release()
        if not self._done.acquire(timeout=LONGEST):
            self._worker.gone = True
            raise TimeoutError
        self.blocked = False
        outcome = self._result, self._error
        self._result = self._error = None
        return outcome

    def threads(self) -> int:
        """Return how many threads it has."""
        return int(self._worker is not None)

    def is_current(self) -> bool:
        """Tell whether the caller runs on its thread."""
        return self._worker is not None and get_ident() == self._worker.ident

    def as_new(self) -> None:
        """Forget what functions left behind on the thread: nothing of one schedule may reach the next."""
        if self._used and self._worker is not None:
            self._used = False
            self._context = Context()
            self._worker.forget()
            if self._worker.is_kept():
                self.close()

    def close(self) -> None:
        """End the thread, unless it is blocked."""
        if self._wakes_late:
            self._wakes_late = False
            wake_as_usual()
        if self._worker is not None and not self.blocked:
            self._worker.close()
            self._worker = None

    def _work(self, worker: Worker) -> None:
        assert self._call is not None
        try:
            self._result = self._context.run(self._call)
        except BaseException as error:
            self._error = error
        # Nothing of the function may live on until the next one.
        self._call = None
        self._done.release()
