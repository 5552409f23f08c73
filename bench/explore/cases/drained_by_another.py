"""Callbacks wait in a queue that all threads drain: a callback runs on another's thread and reads that one's user."""

from collections import deque
from collections.abc import Callable, Mapping
from threading import local
from typing import Any

from bench.explore.case import Case, Trial, Wrong, serving
from harness.core.feasibility import Feasibility
from localimpl import Unit

Queue = deque[Callable[[], None]]


def _drain(queue: Queue) -> None:
    while True:
        try:
            callback = queue.popleft()
        except IndexError:
            return
        callback()


def _trial(queue_of: Callable[[], Queue]) -> Trial:
    current = local()
    signed: dict[str, str] = {}

    def serve(user: str) -> None:
        current.user = user

        def sign() -> None:
            signed[user] = current.user

        queue = queue_of()
        queue.append(sign)
        _drain(queue)

    def judge(results: Mapping[str, Any]) -> Wrong | None:
        for user, by in signed.items():
            if by != user:
                return Wrong(user, "bleed", f"what {user} did was signed by {by!r}")
        return None

    return serving(serve, judge)


def _faulty() -> Trial:
    queue: Queue = deque()
    return _trial(lambda: queue)


def _fixed() -> Trial:
    return _trial(deque)


CASE = Case(
    unit=Unit.THREAD,
    kind="bleed",
    feasibility=Feasibility.GIL_SWITCH,
    faulty=_faulty,
    fixed=_fixed,
    source="promise #57",
)
