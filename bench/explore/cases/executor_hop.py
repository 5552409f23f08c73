"""A value in a ContextVar is looked up in an executor's thread, to which the loop carries no context."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from bench.explore.case import USERS, Case, Trial, returning_own, serving
from bench.explore.cases._tasks import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit

USER = ContextVar("user", default="nobody")


def _look_up() -> str:
    return USER.get()


async def _in_executor() -> str:
    return await asyncio.get_running_loop().run_in_executor(None, _look_up)


async def _to_thread() -> str:
    return await asyncio.to_thread(_look_up)


def _trial(hop: Callable[[], Awaitable[str]]) -> Trial:
    async def serve(user: str) -> str:
        USER.set(user)
        await pause(1)
        return await hop()

    return serving(serve, returning_own("lost", *USERS))


CASE = Case(
    unit=Unit.TASK,
    kind="lost",
    feasibility=Feasibility.SEQUENTIAL,
    faulty=lambda: _trial(_in_executor),
    fixed=lambda: _trial(_to_thread),
    preemptions=0,
    source="bpo-34014: run_in_executor does not carry the context",
)
