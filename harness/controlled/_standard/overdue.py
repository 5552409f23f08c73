"""Ends a step that does not come to its end, on hosts whose units share the thread that explores."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

from harness.controlled._place import NOWHERE, place
from harness.controlled._standard.originals import LONGEST, allocate_lock, get_ident, start_new_thread

LOOK = 1.0
"""Seconds between two looks."""

DEBUGGERS = {"bdb", "pdb", "pydevd"}
"""Modules of whoever holds a step up on purpose."""


def hanging(frame: FrameType | None, seconds: float) -> str:
    """Say of a unit where it hangs and what to do."""
    where = place(frame)
    innermost = f" (in {frame.f_code.co_qualname})" if frame is not None else ""
    stands = f"at {where[0]}:{where[1]}" if where != NOWHERE else "outside the program's code"
    return (
        f"did not reach a switch point for {seconds:g} s: it hangs {stands}{innermost}, in something that "
        f"cannot be scheduled: a lock made before this host was opened, a socket, a process, or a loop without an end. "
        f"Make the lock inside the program or name its file with --watch; replace what is outside the process by a fake"
    )


class Overdue:
    """Interrupts the main thread, by the signal of Ctrl-C, when a step takes too long; on others it cannot.

    ``progress`` returns what changes from step to step, and None between schedules; ``late`` is called, where the main
    thread stands, to raise what ends the step.
    """

    def __init__(self, progress: Callable[[], object], late: Callable[[FrameType | None], None]) -> None:
        self._progress = progress
        self._late = late
        self._sent: tuple[object, float] = (None, 0.0)
        """How far it was when the signal was sent last, and when that was."""
        self._before: Any = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch as long as the context lasts."""
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or before is None:
            yield
            return
        over, turn = allocate_lock(), allocate_lock()
        over.acquire()
        turn.acquire()
        start_new_thread(self._serve, (get_ident(), over, turn))
        turn.acquire()  # until it has begun, it stands nowhere
        self._before = before
        signal.signal(signal.SIGINT, self._hear)
        try:
            yield
        finally:
            over.release()
            turn.acquire()
            if signal.getsignal(signal.SIGINT) == self._hear:
                signal.signal(signal.SIGINT, before)

    def _serve(self, watched: int, over: Any, turn: Any) -> None:
        turn.release()
        seen: object = None
        since = monotonic()
        while not over.acquire(timeout=LOOK):
            now = self._progress()
            if now is None or now != seen:
                seen, since = now, monotonic()
            elif monotonic() - since > LONGEST:
                since = monotonic()
                self._sent = now, since
                signal.pthread_kill(watched, signal.SIGINT)
        turn.release()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        (at, sent), self._sent = self._sent, (None, 0.0)
        if at is not None and monotonic() - sent < LOOK:
            if at == self._progress() and not _is_debugged(frame):
                self._late(frame)
        elif callable(self._before):
            self._before(number, frame)
        elif self._before == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


def _is_debugged(frame: FrameType | None) -> bool:
    """Tell whether somebody looks at it."""
    while frame is not None:
        if frame.f_globals.get("__name__") in DEBUGGERS:
            return True
        frame = frame.f_back
    return False
