"""A module keeps what it made for the last user; who replaces it has much to do first, so the two seldom meet."""

from collections.abc import Callable

from bench.explore.case import Begin, Case, Trial
from bench.explore.cases._last_user import RIGHT, greet, greet_from_pair, reset
from harness.core.feasibility import Feasibility
from localimpl import Unit

ROUNDS = 10


def prepare() -> int:
    """Do what takes a while."""
    total = 0
    for number in range(ROUNDS):
        total += number
    return total


def _greeted(by: Callable[[str], str]) -> Begin:
    def begin() -> Trial:
        reset()

        def alice() -> str:
            return by("alice")

        def bob() -> str:
            prepare()
            return by("bob")

        return Trial({"alice": alice, "bob": bob}, RIGHT)

    return begin


CASE = Case(
    unit=Unit.THREAD,
    kind="bleed",
    feasibility=Feasibility.GIL_SWITCH,
    faulty=_greeted(greet),
    fixed=_greeted(greet_from_pair),
)
