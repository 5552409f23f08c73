"""A unit of a schedule on threads, with what is known of it beside what the execution knows."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from harness.controlled._threads.worker import Worker

Body = Callable[[Worker], Any]


class Member:
    """A unit of the running schedule, and the thread it runs on."""

    __slots__ = ("background", "bodies", "ended", "joiners", "kept", "name", "started", "worker")

    def __init__(self, name: str, bodies: Iterable[Body], worker: Worker | None, background: bool) -> None:
        self.name = name
        self.bodies = deque(bodies)
        """What it does, on one thread after the other: on this one, and on the next."""
        self.worker = worker
        self.background = background
        """Whether the schedule does not wait for it."""
        self.kept = False
        """Whether its thread outlives it, as a pool's does."""
        self.joiners: list[int] = []
        self.started = 0
        """How many threads it has started."""
        self.ended = False
