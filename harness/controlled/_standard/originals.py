"""What the standard library has of its own: in a process that gevent has patched, its modules have gevent's."""

from collections.abc import Callable
from typing import Any

from gevent.monkey import get_original

start_new_thread: Callable[..., int] = get_original("_thread", "start_new_thread")
get_ident: Callable[[], int] = get_original("_thread", "get_ident")
allocate_lock: Callable[[], Any] = get_original("_thread", "allocate_lock")
sleep: Callable[[float], None] = get_original("time", "sleep")
SimpleQueue: type = get_original("_queue", "SimpleQueue")

LONGEST = 10.0
"""Seconds of real time after which something that keeps all units from going on is taken to hang."""
