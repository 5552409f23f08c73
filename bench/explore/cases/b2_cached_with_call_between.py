"""A module keeps what it made for the last user, and another thread replaces it during a call before the use."""

from collections.abc import Callable
from functools import partial

from bench.explore.case import Begin, Case, Trial
from bench.explore.cases._last_user import RIGHT, greet, greet_from_pair, reset
from harness.core.feasibility import Feasibility
from localimpl import Unit


def _greeted(by: Callable[[str], str]) -> Begin:
    def begin() -> Trial:
        reset()
        return Trial({user: partial(by, user) for user in ("alice", "bob")}, RIGHT)

    return begin


CASE = Case(
    unit=Unit.THREAD,
    kind="bleed",
    feasibility=Feasibility.GIL_SWITCH,
    faulty=_greeted(greet),
    fixed=_greeted(greet_from_pair),
)
