"""Children of a TaskGroup inherit a context that holds one mutable dict: what one child writes, the other reads."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar

from bench.explore.case import Case, Trial, returning
from bench.explore.cases._tasks import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit

Values = dict[str, str]
STATE: ContextVar[Values] = ContextVar("state")


def _write_through(user: str) -> None:
    STATE.get()["user"] = user


def _replace(user: str) -> None:
    STATE.set({**STATE.get(), "user": user})


def _trial(keep: Callable[[str], None]) -> Trial:
    async def child(user: str, late: int) -> str:
        await pause(late)
        keep(user)
        await pause(1)
        return STATE.get()["user"]

    async def batch() -> tuple[str, str]:
        STATE.set({})
        async with asyncio.TaskGroup() as group:
            alice = group.create_task(child("alice", 0))
            bob = group.create_task(child("bob", 5))
        return alice.result(), bob.result()

    return Trial({"batch": batch}, returning("bleed", {"batch": ("alice", "bob")}))


CASE = Case(
    unit=Unit.TASK,
    kind="bleed",
    feasibility=Feasibility.JITTER,
    faulty=lambda: _trial(_write_through),
    fixed=lambda: _trial(_replace),
    source="asgiref #473",
)
