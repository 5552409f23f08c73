"""What hosts whose units share a thread know of it: which schedule runs there, and who else could bring something.

A unit that waits by the means of threads keeps the thread from whoever has what it waits for. Nobody can go on then, in
real life either, unless some other thread brings it. The schedule ends there, and tells who waits for what; the real
thing would hang, and whoever explores with it.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures.thread import _worker as pool_worker
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from harness.controlled._standard.overdue import LONGEST, Overdue, get_ident, hanging
from harness.core.execution import NOBODY, Execution

FOREIGN = 2.0
"""Seconds of real time that a unit waits for what another thread may bring."""
SOON = 0.01
"""Seconds of real time that it waits where none seems to be there: one that was just started stands nowhere yet."""
_OURS = str(Path(__file__).parents[1])
_beginning: dict[Any, Any] = threading._limbo  # type: ignore[attr-defined]
"""Threads that were started and do not run yet."""

Arrives = Callable[[float], bool]
"""Waits so many seconds of real time, and tells whether what is waited for came."""


class Blocked(BaseException):
    """Ends a unit that would block its thread for ever."""


class Held(Protocol):
    """What a unit can hold."""

    def free(self) -> None:
        """Give it back for a unit that was stopped."""


class Guard:
    """Knows the running schedule. There is one, for a lock may outlive the host under which it was made."""

    def __init__(self) -> None:
        self.execution: Execution | None = None
        self.held: set[Held] = set()
        """What units hold."""
        self.made = 0
        """Counts what is made to be waited for, for names."""
        self._begun = 0
        """Counts the schedules."""
        self._ident = 0
        self._where = ""
        self._pending: Callable[[], int] = lambda: 0
        self._overdue = Overdue(self.progress, self._end_step)

    @contextmanager
    def opened(self, where: str, pending: Callable[[], int]) -> Iterator[None]:
        """Guard the calling thread as long as the context lasts.

        ``where`` says who cannot go on while a unit blocks it; ``pending`` how many functions wait for a thread of the
        host's own.
        """
        self._ident, self._where, self._pending = get_ident(), where, pending
        try:
            with self._overdue.watching():
                yield
        finally:
            self._ident = 0

    def begin(self, execution: Execution) -> None:
        """Take part in a schedule."""
        self.execution = execution
        self._begun += 1

    def end(self) -> None:
        """Let go of the schedule, and of what its units have not given back."""
        self.execution = None
        self.made = 0
        while self.held:
            self.held.pop().free()

    def is_here(self) -> bool:
        """Tell whether the caller is a unit of the running schedule."""
        return self.execution is not None and get_ident() == self._ident

    def is_program(self) -> bool:
        """Tell whether the caller is the program, or what prepares its next schedule."""
        return get_ident() == self._ident

    def waits(self, arrives: Arrives, limit: float = FOREIGN) -> bool:
        """Wait, in real time, for what another thread may bring; tell whether it came."""
        return arrives(min(limit, SOON)) or (self._others() and arrives(min(limit, FOREIGN)))

    def outwait(self, arrives: Arrives, what: str, *, by_unit: bool) -> None:
        """Wait for what another must bring, and end the schedule and this unit where nobody does.

        ``by_unit``: another unit must, which cannot go on before this one does.
        """
        execution = self.execution
        assert execution is not None
        if not by_unit and self.waits(arrives):
            return
        words = f"{what}, while {self._where}"
        if execution.fate is not None:
            pass  # it is stopped, and wants to clean up
        elif by_unit or not self._others():
            execution.block(words)
        else:
            execution.lose_control(
                f"{execution.names[execution.current]} waits for {words}, and no other thread brought it within "
                f"{FOREIGN:g} s: let a unit bring it, in a way that lets units go on"
            )
        raise Blocked

    def _others(self) -> bool:
        """Tell whether there is another thread, or will be one, that may bring what a unit waits for."""
        here = get_ident()
        return (
            bool(_beginning)
            or self._pending() > 0
            or any(ident != here and not _is_idle(frame) for ident, frame in sys._current_frames().items())
        )

    def progress(self) -> object:
        """Return what is another in each step of each schedule; None between schedules."""
        execution = self.execution
        return None if execution is None else (self._begun, len(execution.ran))

    def _end_step(self, frame: FrameType | None) -> None:
        execution = self.execution
        if execution is not None:
            if execution.fate is None:
                name = execution.names[execution.current] if execution.current != NOBODY else "the program"
                execution.lose_control(hanging(name, frame, LONGEST))
            raise Blocked


def _is_idle(frame: FrameType) -> bool:
    """Tell whether a thread waits for work, of which it has none: ours, a pool's, or one of those that run tests."""
    code = frame.f_code
    return (
        code is pool_worker.__code__
        or code.co_filename.startswith(_OURS)
        or frame.f_globals.get("__name__", "").startswith("execnet.")
    )


GUARD = Guard()
