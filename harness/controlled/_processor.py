"""Keeps threads that take turns on one processor, and lets the one that is woken wait there until the other stands.

Whoever hands on a turn still has the interpreter's lock when the next one wakes up. On another processor, which must be
woken itself, or on the same one if it takes that at once, the next finds the lock taken, sleeps again, and must be
woken twice. Threads that are held on one processor under Linux's policy for batches find it free: a schedule of two
units that do nothing takes 20 µs instead of 55. Only one of them can run at a time, so that they lose nothing by it;
``docs/decisions/0010`` says what else was weighed.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

CLAIM = "\0ctxstress/processor/{}"
"""The name of the socket that a process has bound to while it holds threads on a processor. It is no file, and free
again when the process has ended, however it does."""


class Processor:
    """Holds the calling thread, and all that it starts meanwhile, on a processor that no other search has taken."""

    def __init__(self) -> None:
        self._allowed: set[int] = set()
        """The processors to be given back."""
        self._claim: Any = None
        self._batched = False

    def hold(self) -> None:
        """Take the one on which this thread runs, or another; where none is left or the system refuses, none."""
        if sys.platform == "linux":
            self._batched = _exchange(os.SCHED_OTHER, os.SCHED_BATCH)
            allowed = os.sched_getaffinity(0)
            here = _get_processor()
            for processor in sorted(allowed, key=lambda number: number != here):
                self._claim = _claimed(processor)
                if self._claim is not None:
                    with suppress(OSError):  # a sandbox may forbid it
                        os.sched_setaffinity(0, {processor})
                        self._allowed = allowed
                    break

    def let_go(self) -> None:
        """Run wherever was allowed before, in the usual way; the same thread must ask for it."""
        if sys.platform == "linux":
            if self._allowed:
                with suppress(OSError):
                    os.sched_setaffinity(0, self._allowed)
            if self._claim is not None:
                self._claim.close()
            if self._batched:
                _exchange(os.SCHED_BATCH, os.SCHED_OTHER)
        self._allowed, self._claim, self._batched = set(), None, False


if sys.platform == "linux":
    # By its own name: gevent may have replaced what the module `socket` has, and would begin a hub for it.
    import _socket

    _get_processor: Callable[[], int] = getattr(ctypes.CDLL(None), "sched_getcpu", lambda: -1)
    """Returns the processor on which the caller runs; -1 where the C library does not tell."""

    def _claimed(processor: int) -> Any:
        """Return what claims a processor until it is closed; None when it is taken."""
        claim = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
        try:
            claim.bind(CLAIM.format(processor))
        except OSError:
            claim.close()
            return None
        return claim

    def _exchange(before: int, policy: int) -> bool:
        """Change the policy by which the calling thread is run, and whatever it starts; tell whether it was done."""
        with suppress(OSError):
            if os.sched_getscheduler(0) == before:
                os.sched_setscheduler(0, policy, os.sched_param(0))
                return True
        return False
