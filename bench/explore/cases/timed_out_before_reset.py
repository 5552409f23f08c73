"""A time-out hits between a set and its reset: the connection goes back to the pool with the role of the last user."""

import asyncio

from bench.explore.case import Case, Trial, returning
from harness.core.feasibility import Feasibility
from localimpl import Unit

QUERY = 0.01
PATIENCE = 0.05


class Connection:
    """Runs queries in a role."""

    def __init__(self) -> None:
        self.role = "guest"

    async def query_as(self, role: str) -> None:
        """Run a query in another role than the connection's."""
        self.role = role
        await asyncio.sleep(QUERY)
        self.role = "guest"

    async def query_as_and_reset(self, role: str) -> None:
        """Do the same, and put the role back whatever happens."""
        self.role = role
        try:
            await asyncio.sleep(QUERY)
        finally:
            self.role = "guest"


def _trial(repaired: bool) -> Trial:
    pool: asyncio.Queue[Connection] = asyncio.Queue()
    pool.put_nowait(Connection())

    async def alice() -> str:
        connection = await pool.get()
        query = connection.query_as_and_reset if repaired else connection.query_as
        try:
            async with asyncio.timeout(PATIENCE):
                await query("admin")
        except TimeoutError:
            return "timed out"
        finally:
            pool.put_nowait(connection)
        return "done"

    async def bob() -> str:
        connection = await pool.get()
        try:
            return connection.role
        finally:
            pool.put_nowait(connection)

    return Trial({"alice": alice, "bob": bob}, returning("stale", {"bob": "guest"}))


CASE = Case(
    unit=Unit.TASK,
    kind="stale",
    feasibility=Feasibility.JITTER,
    faulty=lambda: _trial(repaired=False),
    fixed=lambda: _trial(repaired=True),
    source="pooled connections whose role, or tenant, is set for each request",
)
