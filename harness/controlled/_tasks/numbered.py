"""The tasks of the controlled loop, and how a callback of the loop is known to be a task's."""

import asyncio
from contextvars import Context
from typing import Any

GOES_ON = frozenset({"", "task_wakeup", "__step", "__wakeup"})
"""How the callbacks are called by which a task of C or of Python goes on; the first step of one of C has no name."""
STEP = next((each for each in object.__subclasses__() if each.__name__ == "TaskStepMethWrapper"), None)
"""The type of the callback by which a task of C begins, and goes on when it has only given way: told at a glance."""


class Task(asyncio.Task[Any]):
    """A task of C whose hash is its number in the schedule: a set of tasks, such as that of a TaskGroup that cancels
    its children, must have the same order whenever the schedule is repeated."""

    __slots__ = ("number",)
    number: int

    def __init__(
        self, coro: Any, number: int, loop: Any, name: str, context: Context | None, **options: Any
    ) -> None:
        # Before asyncio, in its own __init__, asks for the hash.
        self.number = number
        super().__init__(coro, loop=loop, name=name, context=context, **options)

    def __hash__(self) -> int:
        return self.number

    def cancel(self, msg: Any = None) -> bool:
        """Cancel it; this changes what a task does next even if it is ready anyway, so the loop takes note."""
        if note := getattr(self.get_loop(), "note_cancellation", None):
            note(self)
        return super().cancel(msg)


# What is tested first is found first, and nearly all are ours.
TASKS = (Task, asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]
