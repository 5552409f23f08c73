"""Tells a unit that hangs in something real from one that computes, and interrupts it where that can be done."""

import ctypes
import time
from collections.abc import Callable
from typing import Protocol

HANGING = 2.0
"""Seconds of real time without a switch point after which a unit that does not compute is taken to hang."""
COMPUTING = 10.0
"""Seconds of real time without a switch point after which a unit that computes is given up."""
INTERRUPTED = 0.5
"""Seconds of real time that a unit has to reach a switch point after Ctrl-C."""
LOOK = 0.25
"""Seconds between two looks."""


class Turn(Protocol):
    """A lock that is released when it is one's turn."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...


def await_turn(turn: Turn, progress: Callable[[], tuple[int, int]], interrupted: Callable[[], bool]) -> bool:
    """Wait for one's turn; False when nothing went on for too long. ``progress`` tells steps and who runs."""
    if turn.acquire(timeout=LOOK):
        return True
    seen = progress()
    since = time.monotonic()
    used = _processor_time(seen[1])
    while not turn.acquire(timeout=LOOK):
        now = progress()
        if now != seen:
            seen, since, used = now, time.monotonic(), _processor_time(now[1])
            continue
        waited = time.monotonic() - since
        if interrupted() and waited > INTERRUPTED:
            return False
        if waited > COMPUTING or (waited > HANGING and _processor_time(seen[1]) - used < waited / 4):
            return False
    return True


def interrupt(ident: int, error: type[BaseException]) -> None:
    """Raise an error in a thread as soon as it is back in Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(error))


def _processor_time(ident: int) -> float:
    """Return the seconds of processor time that a thread has used; 0 where that cannot be known."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(ident)) if ident else 0.0
    except (AttributeError, OSError):
        return 0.0
