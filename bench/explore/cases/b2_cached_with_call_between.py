"""A module keeps what it made for the last user, and another thread replaces it during a call before the use."""

from bench.explore.case import Case
from bench.explore.cases._last_user import greet, greet_from_pair, greeted
from harness.core.feasibility import Feasibility
from localimpl import Unit

CASE = Case(
    unit=Unit.THREAD,
    kind="bleed",
    feasibility=Feasibility.GIL_SWITCH,
    faulty=greeted(greet),
    fixed=greeted(greet_from_pair),
)
