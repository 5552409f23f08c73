"""Lets threads that are woken wait for the processor until the one that woke them stands still.

Whoever hands on the baton still has the interpreter's lock when the other wakes up. If that one takes the processor at
once, it finds the lock taken, sleeps again, and must be woken twice. Threads of Linux's policy for batches do not take
it, which halves what a switch costs; they get the same share of the processor.
"""

import os
import sys
from contextlib import suppress


def wake_late() -> bool:
    """Take the policy for batches on the calling thread, for whatever it starts as well; tell whether that was done."""
    return sys.platform == "linux" and _exchange(os.SCHED_OTHER, os.SCHED_BATCH)


def wake_as_usual() -> None:
    """Take the usual policy again."""
    if sys.platform == "linux":
        _exchange(os.SCHED_BATCH, os.SCHED_OTHER)


def _exchange(before: int, policy: int) -> bool:
    if sys.platform == "linux":
        with suppress(OSError):  # a sandbox may forbid it
            if os.sched_getscheduler(0) == before:
                os.sched_setscheduler(0, policy, os.sched_param(0))
                return True
    return False
