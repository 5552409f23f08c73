"""Each request connects a receiver of its own to a signal that all share: what one saves is signed by another."""

from collections.abc import Callable

from bench.explore.case import USERS, Case, Trial, returning_own, serving
from bench.explore.cases._greenlets import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit

Entry = dict[str, str]


def _faulty() -> Trial:
    receivers: list[Callable[[Entry], None]] = []

    def save(user: str) -> str:
        def sign(entry: Entry) -> None:
            entry["by"] = user

        receivers.append(sign)
        pause(1)
        entry: Entry = {}
        for receiver in receivers:
            receiver(entry)
        receivers.remove(sign)
        return entry["by"]

    return serving(save, RIGHT)


def _fixed() -> Trial:
    receivers: dict[str, Callable[[Entry], None]] = {}

    def save(user: str) -> str:
        def sign(entry: Entry) -> None:
            entry["by"] = user

        receivers[user] = sign
        pause(1)
        entry: Entry = {}
        receivers[user](entry)
        del receivers[user]
        return entry["by"]

    return serving(save, RIGHT)


RIGHT = returning_own("bleed", *USERS)
CASE = Case(
    unit=Unit.GREENLET,
    kind="bleed",
    feasibility=Feasibility.FIFO,
    faulty=_faulty,
    fixed=_fixed,
    preemptions=2,
    source="django-auditlog #72",
)
