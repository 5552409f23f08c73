"""Lets a thread that is woken wait for the processor until the one that woke it stands still.

Whoever hands on the baton still has the interpreter's lock when the other wakes up. If that one takes the processor at
once, it finds the lock taken, sleeps again, and must be woken twice. Threads of Linux's policy for batches do not take
it, which halves what a switch costs; they get the same share of the processor.
"""

import os
import sys
from contextlib import suppress

if sys.platform == "linux":
    USUAL, LATE, LATE_ALONE = os.SCHED_OTHER, os.SCHED_BATCH, os.SCHED_BATCH | os.SCHED_RESET_ON_FORK
else:
    USUAL = LATE = LATE_ALONE = 0
"""Policies; of the last, what a thread starts has the usual one again."""


def change(before: int, policy: int) -> bool:
    """Change the policy of the calling thread, if it is another one as expected; tell whether that was done."""
    if sys.platform == "linux":
        with suppress(OSError):  # a sandbox may forbid it
            if os.sched_getscheduler(0) == before:
                os.sched_setscheduler(0, policy, os.sched_param(0))
                return True
    return False
