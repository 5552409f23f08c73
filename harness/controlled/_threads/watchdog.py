"""Tells a unit that hangs in something real from one that computes, and interrupts it where that can be done."""

import ctypes
import sys
import time
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Callable
from typing import Protocol

from harness.controlled._points.watcher import TRACES
from harness.controlled._threads.entering import enters, raise_within

HANGING = 2.0
"""Seconds of real time without a switch point after which a unit that does not compute is taken to hang."""
COMPUTING = 10.0
"""Seconds of real time without a switch point after which a unit that computes is given up."""
IDLE = 0.05
"""The share of a processor below which a unit does not compute; on a machine that others use it may not get more."""
INTERRUPTED = 0.5
"""Seconds of real time that a unit has to reach a switch point after Ctrl-C."""
LOOK = 0.25
"""Seconds between two looks."""


class Turn(Protocol):
    """A lock that is released when it is one's turn."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...


def await_turn(turn: Turn, progress: Callable[[], tuple[int, int]], interrupted: Callable[[], bool]) -> float:
    """Wait for one's turn; return 0, or the seconds for which nothing went on when that was too long.

    ``progress`` tells steps and who runs.
    """
    if turn.acquire(timeout=LOOK):
        return 0.0
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
            return waited
        if waited > COMPUTING or (waited > HANGING and _processor_time(seen[1]) - used < waited * IDLE):
            return waited
    return 0.0


def interrupt(ident: int, error: type[BaseException]) -> None:
    """Raise an error in a thread as soon as it is back in Python."""
    frame = sys._current_frames().get(ident)
    if frame is not None and enters(frame) and raise_within(frame.f_code, ident, error):
        return
    _raise_in(ident, error)
    if TRACES:
        over = allocate_lock()
        over.acquire()
        start_new_thread(_take_flag, (error, over.release))
        over.acquire()


def _raise_in(ident: int, error: type[BaseException]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(error))


def _take_flag(error: type[BaseException], over: Callable[[], None]) -> None:
    """Take back the flag by which the interpreter tells all threads that an error is pending in one of them.

    Up to 3.11, threads that are traced spin at the beginning of each function until it is taken back. The thread in
    which an error is raised does so; the one that is meant sets it anew when it comes back.
    """
    try:
        _raise_in(get_ident(), error)
        while True:
            pass
    except error:
        over()


def _processor_time(ident: int) -> float:
    """Return the seconds of processor time that a thread has used; 0 where that cannot be known."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(ident)) if ident else 0.0
    except (AttributeError, OSError):
        return 0.0
