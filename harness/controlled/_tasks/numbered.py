"""The tasks of the controlled loop, and how a callback of the loop is known to be a task's."""

import asyncio
from typing import Any, Self

TASKS = (asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]
GOES_ON = frozenset({"", "task_wakeup", "__step", "__wakeup"})
"""How the callbacks are called by which a task of C or of Python goes on; the first step of one of C has no name."""


class Task(asyncio.Task[Any]):
    """A task of C whose hash is its number in the schedule: a set of tasks, such as that of a TaskGroup that cancels
    its children, must have the same order whenever the schedule is repeated."""

    __slots__ = ("number",)
    number: int

    @classmethod
    def numbered(cls, coro: Any, number: int, **options: Any) -> Self:
        """Make a task of this number; it must have that before asyncio, in its own ``__init__``, asks for the hash."""
        # With an __init__ of Python that calls asyncio's, a task took 1.5 µs to be made and run, and so it takes 1.2.
        task = cls.__new__(cls)
        task.number = number
        asyncio.Task.__init__(task, coro, **options)
        return task

    def __hash__(self) -> int:
        return self.number

    def cancel(self, msg: Any = None) -> bool:
        """Cancel it; this changes what a task does next even if it is ready anyway, so the loop takes note."""
        if note := getattr(self.get_loop(), "note_cancellation", None):
            note(self)
        return super().cancel(msg)
