"""Under gevent a Local is keyed by the thread: it is overwritten while its owner waits for a pool of greenlets."""

from collections.abc import Callable, Hashable
from typing import Any

from gevent.pool import Pool

from bench.explore.case import Begin, Case, Trial, returning_own
from bench.explore.cases._greenlets import greenlet, pause, thread_ident
from bench.explore.cases._local import Local
from harness.core.feasibility import Feasibility
from localimpl import Unit

LATE = 15


def _fetch(part: int) -> int:
    pause(1)
    return part


def _keyed(key: Callable[[], Hashable]) -> Begin:
    def begin() -> Trial:
        local = Local(key)

        def alice() -> Any:
            local.set("alice")
            Pool(2).map(_fetch, range(2))
            return local.get()

        def bob() -> Any:
            pause(LATE)
            local.set("bob")
            return local.get()

        return Trial({"alice": alice, "bob": bob}, returning_own("bleed", "alice", "bob"))

    return begin


CASE = Case(
    unit=Unit.GREENLET,
    kind="bleed",
    feasibility=Feasibility.JITTER,
    faulty=_keyed(thread_ident),
    fixed=_keyed(greenlet),
    preemptions=0,
    source="bottle 0.13 imported before monkey patching, in an app that fans out",
)
