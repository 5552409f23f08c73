"""A module looks the current request up once and keeps it: all later requests are answered with the first one's."""

from contextvars import ContextVar

from bench.explore.case import USERS, Case, Trial, returning_own, serving
from bench.explore.cases._tasks import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit

USER: ContextVar[str] = ContextVar("user")


class Module:
    """Stands for a module that is imported when it is first needed."""

    def __init__(self) -> None:
        self._bound: str | None = None

    def bound(self) -> str:
        """Return what the name was bound to at the import."""
        if self._bound is None:
            self._bound = USER.get()
        return self._bound

    def looked_up(self) -> str:
        """Return what the name stands for now."""
        return USER.get()


def _trial(repaired: bool) -> Trial:
    module = Module()

    async def serve(user: str) -> str:
        USER.set(user)
        await pause(1)
        return module.looked_up() if repaired else module.bound()

    return serving(serve, returning_own("stale", *USERS))


CASE = Case(
    unit=Unit.TASK,
    kind="stale",
    feasibility=Feasibility.SEQUENTIAL,
    faulty=lambda: _trial(repaired=False),
    fixed=lambda: _trial(repaired=True),
    preemptions=0,
    source="names imported by value of what should have been looked up; clients cached with credentials",
)
