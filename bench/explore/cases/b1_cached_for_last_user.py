"""A module keeps what it made for the last user, and another thread replaces it between the check and the use.

There is no call in between, so a build of Python with a global lock cannot switch there.
"""

from functools import partial

from bench.explore.case import Case, Trial, returning
from harness.core.feasibility import Feasibility
from localimpl import Unit

owner = ""
greeting = ""
kept = ("", "")


def greet(user: str) -> str:
    """Return the user's greeting, which is made anew for another user alone."""
    global owner, greeting
    if owner != user:
        greeting = "hello " + user
        owner = user
    return greeting


def greet_from_pair(user: str) -> str:
    """Do the same with one reference, which is read once."""
    global kept
    pair = kept
    if pair[0] != user:
        kept = pair = (user, "hello " + user)
    return pair[1]


RIGHT = returning("bleed", {"alice": "hello alice", "bob": "hello bob"})


def _faulty() -> Trial:
    global owner, greeting
    owner = greeting = ""
    return Trial({user: partial(greet, user) for user in ("alice", "bob")}, RIGHT)


def _fixed() -> Trial:
    global kept
    kept = ("", "")
    return Trial({user: partial(greet_from_pair, user) for user in ("alice", "bob")}, RIGHT)


CASE = Case(
    unit=Unit.THREAD,
    kind="bleed",
    feasibility=Feasibility.FREE_THREADED,
    faulty=_faulty,
    fixed=_fixed,
)
