"""How hard an interleaving is to come by: the weakest scheduler that can make it."""

import sys
from enum import StrEnum


class Feasibility(StrEnum):
    """Schedulers from the weakest to the strongest; each can make what those before it can."""

    SEQUENTIAL = "sequential"
    """One request after the other, in some order."""
    FIFO = "FIFO order"
    """Units take turns in the order in which they become ready, as an idle loop lets them."""
    JITTER = "I/O or timer jitter"
    """A pause may last any time, as the network or a timer may want: switches at pauses and waits alone."""
    GIL_SWITCH = "a GIL switch"
    """Threads may also be switched where CPython hands on its global lock: at calls, loops and function entries."""
    FREE_THREADED = "free threading"
    """Threads run at once and may be interleaved between any two instructions."""

    rank: int
    """The position in this order, 0 for the weakest."""

    def __init__(self, words: str) -> None:
        self.rank = len(type(self).__members__)


def has_gil() -> bool:
    """Tell whether this Python runs one thread at a time."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())
