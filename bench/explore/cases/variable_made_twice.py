"""The variable behind a name is made when it is first set: two threads make one each, and one loses its value.

A third step must come between: who made the first one has set it, and has yet to read it, when it is replaced.
"""

from collections.abc import Callable
from contextvars import ContextVar

from bench.explore.case import USERS, Case, Trial, returning_own, serving
from harness.core.feasibility import Feasibility
from localimpl import Unit

Variables = dict[str, ContextVar[str]]


def _check_then_make(variables: Variables, name: str) -> ContextVar[str]:
    if variables.get(name) is None:
        variables[name] = ContextVar(name)
    return variables[name]


def _make_or_find(variables: Variables, name: str) -> ContextVar[str]:
    return variables.setdefault(name, ContextVar(name))


def _trial(variable: Callable[[Variables, str], ContextVar[str]]) -> Trial:
    variables: Variables = {}

    def serve(user: str) -> str | None:
        variable(variables, "user").set(user)
        return variable(variables, "user").get(None)

    return serving(serve, returning_own("lost", *USERS))


CASE = Case(
    unit=Unit.THREAD,
    kind="lost",
    feasibility=Feasibility.GIL_SWITCH,
    faulty=lambda: _trial(_check_then_make),
    fixed=lambda: _trial(_make_or_find),
    preemptions=2,
    source="a ContextVar for each name of a Local, made at the first set",
)
