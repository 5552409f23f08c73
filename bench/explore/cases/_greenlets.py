"""What tells greenlets apart, and what does not; and how one lets others go on."""

from gevent import getcurrent, sleep
from gevent.monkey import get_original

thread_ident = get_original("_thread", "get_ident")
"""The ident of the thread, the same in all its greenlets, as who imported it before patching has it."""
greenlet = getcurrent


def pause(ticks: int) -> None:
    """Give way so many times, as one does who waits for a backend."""
    for _ in range(ticks):
        sleep(0)
