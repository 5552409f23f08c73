"""A query is cancelled between its sending and the reading of its answer: the next on the connection reads that one."""

import asyncio
from collections import deque

from bench.explore.case import Case, Trial, returning
from bench.explore.cases._tasks import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit

LATE = 6


class Connection:
    """Brings the answers in the order of the queries, whoever asked."""

    def __init__(self) -> None:
        self._answers: deque[str] = deque()
        self._free = asyncio.Lock()

    async def _exchange(self, query: str) -> str:
        self._answers.append(f"answer to {query}")
        await pause(1)
        return self._answers.popleft()

    async def ask(self, query: str) -> str:
        """Send the query and read an answer."""
        async with self._free:
            return await self._exchange(query)

    async def ask_or_reconnect(self, query: str) -> str:
        """Do the same, but begin a new connection when the answer is not waited for."""
        async with self._free:
            try:
                return await self._exchange(query)
            except asyncio.CancelledError:
                self._answers.clear()
                raise


def _trial(repaired: bool) -> Trial:
    connection = Connection()
    requests: list[asyncio.Task[object]] = []

    async def ask(query: str) -> str:
        return await (connection.ask_or_reconnect(query) if repaired else connection.ask(query))

    async def alice() -> str:
        task = asyncio.current_task()
        assert task is not None
        requests.append(task)
        try:
            return await ask("alice")
        except asyncio.CancelledError:
            return "gone"

    async def gateway() -> None:
        await pause(LATE)
        for request in requests:
            request.cancel()

    async def bob() -> str:
        return await ask("bob")

    return Trial(
        {"alice": alice, "gateway": gateway, "bob": bob}, returning("bleed", {"bob": "answer to bob"})
    )


CASE = Case(
    unit=Unit.TASK,
    kind="bleed",
    feasibility=Feasibility.JITTER,
    faulty=lambda: _trial(repaired=False),
    fixed=lambda: _trial(repaired=True),
    source="redis-py #2624 and #2665, CVE-2023-28858 and CVE-2023-28859",
)
