"""Keeps threads that take turns on one processor: left alone, Linux wakes each on another one, and that takes longer.

With two functions a schedule that run on a thread, 1.46 times as many schedules ran in the same processor time (the
median of 38 pairs of runs that took turns on two processors). Searches that come to share a processor share its time.
"""

import ctypes
import os
import sys
from contextlib import suppress


class OneProcessor:
    """Holds the calling thread, and all that it starts meanwhile, on the processor on which it runs."""

    def __init__(self) -> None:
        self._allowed: set[int] = set()
        """The processors to be given back."""

    def hold(self) -> None:
        """Stay here, where the system lets a thread say so."""
        if sys.platform == "linux" and not self._allowed:
            with suppress(
                OSError, AttributeError, ValueError
            ):  # a sandbox may forbid it, a C library not have it
                here = ctypes.CDLL(None).sched_getcpu()
                allowed = os.sched_getaffinity(0)
                os.sched_setaffinity(0, {here})
                self._allowed = allowed

    def let_go(self) -> None:
        """Run wherever was allowed before; the same thread must ask for it."""
        if sys.platform == "linux" and self._allowed:
            with suppress(OSError):
                os.sched_setaffinity(0, self._allowed)
            self._allowed = set()
