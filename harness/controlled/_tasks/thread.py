"""The worker thread on which a schedule runs the functions that tasks hand to an executor, one at a time."""

from _thread import allocate_lock
from collections.abc import Callable
from threading import Thread, get_ident
from typing import Any

LONGEST = 10.0
"""Seconds of real time that a function may take before it counts as blocked."""


class Worker:
    """A thread that belongs to one schedule: what a function leaves in it must not reach the next."""

    def __init__(self) -> None:
        self._go = allocate_lock()
        self._done = allocate_lock()
        self._go.acquire()
        self._done.acquire()
        self._call: Callable[[], Any] | None = None
        self._result: Any = None
        self._error: BaseException | None = None
        self.blocked = False
        """Whether a function has not come back; the thread is lost if it never does."""
        # As the first thread of asyncio's default executor is called.
        self._thread = Thread(target=self._work, name="asyncio_0", daemon=True)
        self._thread.start()

    def run(self, call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
        """Run a function and return its result and what it raised; TimeoutError when it does not come back."""
        if self.blocked:
            raise TimeoutError
        self._call = call
        self.blocked = True
        self._go.release()
        if not self._done.acquire(timeout=LONGEST):
            raise TimeoutError
        self.blocked = False
        outcome = self._result, self._error
        self._result = self._error = None
        return outcome

    def is_current(self) -> bool:
        """Tell whether the caller runs on this thread."""
        return get_ident() == self._thread.ident

    def stop(self) -> None:
        """End the thread."""
        if not self.blocked:
            self._call = None
            self._go.release()
            self._thread.join()

    def _work(self) -> None:
        while True:
            self._go.acquire()
            call = self._call
            if call is None:
                return
            try:
                self._result = call()
            except BaseException as error:
                self._error = error
            self._call = call = None
            self._done.release()
