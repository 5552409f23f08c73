"""A generator sets a value and resets it at its end, but is left half-way: the next request on the task finds it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from contextvars import ContextVar

from bench.explore.case import Case, returning, serving
from bench.explore.cases._tasks import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit

USER = ContextVar("user", default="nobody")


async def _stream(user: str) -> AsyncGenerator[str, None]:
    token = USER.set(user)
    try:
        for part in range(2):
            yield f"part {part} for {user}"
            await pause(1)
    finally:
        USER.reset(token)


async def _left(user: str) -> str:
    async for _part in _stream(user):
        break
    await asyncio.sleep(0)
    return USER.get()


async def _closed(user: str) -> str:
    async with aclosing(_stream(user)) as parts:
        async for _part in parts:
            break
    await asyncio.sleep(0)
    return USER.get()


RIGHT = returning("stale", {"alice": "nobody", "bob": "nobody"})
CASE = Case(
    unit=Unit.TASK,
    kind="stale",
    feasibility=Feasibility.SEQUENTIAL,
    faulty=lambda: serving(_left, RIGHT),
    fixed=lambda: serving(_closed, RIGHT),
    preemptions=0,
    source="PEP 533; streamed answers of which the client takes a part",
)
