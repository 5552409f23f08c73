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
from time import monotonic
from types import FrameType
from typing import Any, Protocol, runtime_checkable

from harness.controlled._standard.originals import LONGEST, get_ident
from harness.controlled._standard.overdue import Overdue, hanging
from harness.core.execution import NOBODY, Execution

FOREIGN = 2.0
"""Seconds of real time that a unit waits for what another thread may bring."""
SOON = 0.01
"""Seconds of real time that it waits where none seems to be there: one that was just started stands nowhere yet."""
NOT_BROUGHT = (
    "and no other thread brought it within {:g} s: let a unit bring it, in a way that lets units go on"
)
REFUSALS = 100
"""How often a unit may swallow what ends it."""
_OURS = str(Path(__file__).parents[1])
_beginning: dict[Any, Any] = threading._limbo  # type: ignore[attr-defined]
"""Threads that were started and do not run yet."""

Arrives = Callable[[float], bool]
"""Waits so many seconds of real time, and tells whether what is waited for came."""


def _none() -> bool:
    return False


class Blocked(BaseException):
    """Ends a unit that would block its thread for ever."""


@runtime_checkable
class Held(Protocol):
    """What a unit can hold."""

    def is_held(self) -> bool:
        """Tell whether a unit holds it."""

    def free(self) -> None:
        """Give it back for a unit that was stopped."""


class Guard:
    """Knows the running schedule. There is one, for a lock may outlive the host under which it was made."""

    def __init__(self) -> None:
        self.execution: Execution | None = None
        self.held: set[Held] = set()
        """What units hold."""
        self.abandoned: list[threading.Thread] = []
        """Threads of a host's own that have not come back from what they run."""
        self.made = 0
        """Counts what is made to be waited for, for names."""
        self._begun = 0
        """Counts the schedules."""
        self._ident = 0
        self._where = ""
        self._pending: Callable[[], int] = _none
        self._is_own: Callable[[], bool] = _none
        self._refused = 0
        """How often units that were to end have not."""
        self._passed = 0.0
        """Seconds of limited waits that have passed in no time."""
        self._overdue = Overdue(self.progress, self._end_step)

    @contextmanager
    def opened(self, where: str, pending: Callable[[], int], is_own: Callable[[], bool]) -> Iterator[None]:
        """Guard the calling thread as long as the context lasts.

        ``where`` says who cannot go on while a unit blocks it; ``pending`` how many functions wait for a thread of the
        host's own; ``is_own`` whether the caller is on one.
        """
        self._ident, self._where, self._pending, self._is_own = get_ident(), where, pending, is_own
        try:
            with self._overdue.watching():
                yield
        finally:
            self._ident, self._pending, self._is_own = 0, _none, _none

    def begin(self, execution: Execution) -> None:
        """Take part in a schedule."""
        self.execution = execution
        self._begun += 1

    def end(self) -> None:
        """Let go of the schedule, and of what its units have not given back."""
        self.execution = None
        self.made = self._refused = 0
        self._passed = 0.0
        if self.held:
            self._free()

    def is_here(self) -> bool:
        """Tell whether the caller is a unit of the running schedule."""
        return self.execution is not None and get_ident() == self._ident

    def is_program(self) -> bool:
        """Tell whether the caller is the program, on a thread of the host's own too, or what prepares its schedules."""
        return get_ident() == self._ident or self._is_own()

    def waits(self, arrives: Arrives, limit: float | None = None) -> bool:
        """Wait, in real time, for what another thread may bring; tell whether it came.

        What is left of a wait's limit then passes at once: for whoever reckons with it, see ``elapsed``.
        """
        longest, began = FOREIGN if limit is None else min(limit, LONGEST), monotonic()
        if self._others(_is_ours):
            if arrives(min(longest, SOON)):
                return True
            if self._others(_is_idle):
                if arrives(longest):
                    return True
                if limit is not None and limit > longest:
                    self._lose(f"waits for up to {limit:g} s, {NOT_BROUGHT.format(longest)}")
        if limit is not None:
            self._passed += max(limit - (monotonic() - began), 0.0)
        return False

    def may_be_brought(self) -> bool:
        """Tell whether there is another thread that may bring something."""
        return self._others(_is_idle)

    def elapsed(self) -> float:
        """Return the time by which the standard library reckons how long to wait, in seconds."""
        return monotonic() + (self._passed if self.is_here() else 0.0)

    def outwait(self, arrives: Arrives, what: str, *, by_unit: bool) -> None:
        """Wait for what another must bring, and end the schedule and this unit where nobody does.

        ``by_unit``: another unit must, which cannot go on before this one does. A unit that will not be ended goes on.
        """
        execution = self.execution
        assert execution is not None
        if not by_unit and ((execution.fate is None and arrives(SOON)) or self.waits(arrives)):
            return
        words = f"{what}, while {self._where}"
        if execution.fate is not None:
            self._refused += 1
            if self._refused > REFUSALS:
                return
        elif by_unit or not self._others(_is_idle):
            execution.block(words)
        else:
            self._lose(f"waits for {words}, {NOT_BROUGHT.format(FOREIGN)}")
        # Whoever cleans up now, or is waited for by one that does, finds free what units held.
        self._free()
        raise Blocked

    def is_over(self) -> bool:
        """Tell whether the running schedule has its fate, and its units only clean up."""
        return self.execution is not None and self.execution.fate is not None

    def _free(self) -> None:
        while self.held:
            self.held.pop().free()

    def is_own(self) -> bool:
        """Tell whether the caller is a function that a unit waits for, on a thread of the host's own."""
        return self.execution is not None and self._is_own()

    def waited_in_vain(self) -> None:
        """Take note that a wait has run out elsewhere; on a thread of the host's own no unit could go on meanwhile."""
        if self._is_own():
            self._lose(
                "ran a function on a thread that waited in vain: nobody else runs in the meantime, so it must not wait "
                "for a task or for another thread"
            )

    def _lose(self, what: str) -> None:
        """Give the schedule up because of what the unit that ran last does."""
        execution = self.execution
        if execution is not None and execution.fate is None:
            name = execution.names[execution.current] if execution.current != NOBODY else "the program"
            execution.lose_control(f"{name} {what}")

    def _others(self, is_none: Callable[[FrameType], bool]) -> bool:
        """Tell whether there is another thread, or will be one, but for some that bring nothing."""
        if _beginning or self._pending() > 0:
            return True
        frames = sys._current_frames()
        for ident in (get_ident(), *(thread.ident for thread in self.abandoned if thread.is_alive())):
            frames.pop(ident or 0, None)
        return not all(map(is_none, frames.values()))

    def progress(self) -> object:
        """Return what is another in each step of each schedule; None between schedules."""
        execution = self.execution
        return None if execution is None else (self._begun, len(execution.ran))

    def _end_step(self, frame: FrameType | None) -> None:
        if self.execution is not None:
            self._lose(hanging(frame, LONGEST))
            raise Blocked


def _is_ours(frame: FrameType) -> bool:
    """Tell whether a thread is ours and waits for work, or is one of those that run tests."""
    code = frame.f_code
    if code.co_name == "_serve" and code.co_filename.startswith(_OURS):
        return True
    return str(frame.f_globals.get("__name__")).startswith("execnet.")


def _is_idle(frame: FrameType) -> bool:
    """Tell whether a thread waits for work, of which it has none, or for what a unit holds."""
    code, names = frame.f_code, frame.f_locals
    if _is_ours(frame):
        return True
    if code is pool_worker.__code__:  # it may have work that it has not begun
        return bool(names["work_queue"].empty())
    waits_for = names.get("self") if code.co_filename.startswith(_OURS) else None
    return isinstance(waits_for, Held) and names.get("timeout") == -1 and waits_for.is_held()


GUARD = Guard()
