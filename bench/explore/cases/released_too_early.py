"""A lock guards the writing of a shared value but is given back before the value is used."""

import threading

from bench.explore.case import USERS, Case, Trial, returning, serving
from harness.core.feasibility import Feasibility
from localimpl import Unit


class Page:
    """One template for all requests, filled in for one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._user = ""

    def _render(self) -> str:
        return f"<h1>{self._user}</h1>"

    def released_early(self, user: str) -> str:
        """Fill in under the lock, and render without it."""
        with self._lock:
            self._user = user
        return self._render()

    def held(self, user: str) -> str:
        """Fill in and render under the lock."""
        with self._lock:
            self._user = user
            return self._render()


RIGHT = returning("bleed", {user: f"<h1>{user}</h1>" for user in USERS})


def _faulty() -> Trial:
    page = Page()
    return serving(page.released_early, RIGHT)


def _fixed() -> Trial:
    page = Page()
    return serving(page.held, RIGHT)


CASE = Case(
    unit=Unit.THREAD,
    kind="bleed",
    feasibility=Feasibility.GIL_SWITCH,
    faulty=_faulty,
    fixed=_fixed,
)
