"""A module keeps what it made for the last user, and another thread replaces it between the check and the use.

There is no call in between, so a build of Python with a global lock cannot switch there.
"""

from bench.explore.case import Case
from bench.explore.cases._last_user import greet_at_once, greet_from_pair, greeted
from harness.core.feasibility import Feasibility
from localimpl import Unit

CASE = Case(
    unit=Unit.THREAD,
    kind="bleed",
    feasibility=Feasibility.FREE_THREADED,
    faulty=greeted(greet_at_once),
    fixed=greeted(greet_from_pair),
)
