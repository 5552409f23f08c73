"""A connection reads on in the context of the request that paused it: the next request begins with its values."""

import asyncio
from contextvars import Context, ContextVar

from bench.explore.case import Case, Trial, returning, serving
from bench.explore.cases._tasks import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit

USER = ContextVar("user", default="nobody")


def _trial(repaired: bool) -> Trial:
    async def connection(user: str) -> str:
        loop = asyncio.get_running_loop()
        seen: asyncio.Future[str] = loop.create_future()
        requests: list[asyncio.Task[None]] = []

        async def second() -> None:
            await pause(1)
            seen.set_result(USER.get())

        def go_on_reading() -> None:
            requests.append(loop.create_task(second()))

        async def first() -> None:
            USER.set(user)
            await pause(1)
            loop.call_soon(go_on_reading, context=Context() if repaired else None)

        requests.append(loop.create_task(first()))
        return await seen

    return serving(connection, RIGHT)


RIGHT = returning("stale", {"alice": "nobody", "bob": "nobody"})
CASE = Case(
    unit=Unit.TASK,
    kind="stale",
    feasibility=Feasibility.SEQUENTIAL,
    faulty=lambda: _trial(repaired=False),
    fixed=lambda: _trial(repaired=True),
    preemptions=0,
    source="uvicorn #2167, cpython #140947",
)
