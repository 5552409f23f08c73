"""One real thread that runs functions while all units stand still: for what a script offloads."""

from collections.abc import Callable
from typing import Any

from harness.controlled._standard.originals import LONGEST, allocate_lock, get_ident, start_new_thread


class StuckError(Exception):
    """The function did not come back."""


def stuck(name: str) -> str:
    """Say that a unit's offloaded function did not come back."""
    return (
        f"what {name} offloaded did not come back within {LONGEST:g} s: while it runs, no unit does; "
        "if it waits for one, let it take what it needs as arguments and return what it found"
    )


class NativeThread:
    """A thread that is started by its first function, and ended by ``close``.

    It serves one schedule alone: what a function leaves behind on it, a later one of the same schedule finds, as on a
    pooled worker, and the next schedule does not.
    """

    def __init__(self) -> None:
        self._wanted: Any = None
        self._done: Any = None
        self._function: Callable[[], Any] | None = None
        self._result: Any = None
        self._error: BaseException | None = None
        self._ident = 0
        self._left = False
        """Whether nobody waits for it any more: it ends with its function."""

    def run(self, function: Callable[[], Any]) -> Any:
        """Run a function there, wait, and return its result or raise its error; StuckError if it does not come back."""
        self._function = function
        if self._wanted is None:
            self._wanted, self._done = allocate_lock(), allocate_lock()
            self._wanted.acquire()
            self._done.acquire()
            start_new_thread(self._serve, ())
        self._wanted.release()
        if not self._done.acquire(timeout=LONGEST):
            self._left = True
            self._wanted.release()
            self._wanted = None
            raise StuckError
        result, error = self._result, self._error
        self._result = self._error = None
        if error is not None:
            raise error
        return result

    def is_current(self) -> bool:
        """Tell whether the caller runs on it."""
        return get_ident() == self._ident

    def close(self) -> None:
        """End the thread, if it was started."""
        if self._wanted is not None:
            self._function = None
            self._wanted.release()
            self._done.acquire()
            self._wanted = None

    def _serve(self) -> None:
        wanted, done = self._wanted, self._done
        self._ident = get_ident()
        while True:
            wanted.acquire()
            function, self._function = self._function, None
            if function is None:
                if not self._left:
                    done.release()
                return
            try:
                self._result = function()
            except BaseException as error:
                self._error = error
            del function
            done.release()
