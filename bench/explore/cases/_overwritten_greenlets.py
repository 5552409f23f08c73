"""A value in a Local that another greenlet overwrites so many ticks later, while its owner waits for one tick."""

from collections.abc import Callable, Hashable
from typing import Any

from bench.explore.case import Begin, Case, Trial, returning_own
from bench.explore.cases._greenlets import greenlet, pause, thread_ident
from bench.explore.cases._local import Local
from harness.core.feasibility import Feasibility
from localimpl import Unit

SOURCE = "bottle 0.13 imported before monkey patching; Werkzeug's Local before greenlets were told apart"


def overwritten(ticks: int) -> Case:
    """Return the case with a writer who comes so many ticks late."""
    return Case(
        unit=Unit.GREENLET,
        kind="bleed",
        # A writer who begins first comes in time by itself, if it is one tick late and no more.
        feasibility=Feasibility.FIFO if ticks == 1 else Feasibility.JITTER,
        faulty=_keyed(thread_ident, ticks),
        fixed=_keyed(greenlet, ticks),
        source=SOURCE,
    )


def _keyed(key: Callable[[], Hashable], ticks: int) -> Begin:
    def begin() -> Trial:
        local = Local(key)

        def alice() -> Any:
            local.set("alice")
            pause(1)
            return local.get()

        def bob() -> Any:
            pause(ticks)
            local.set("bob")
            return local.get()

        return Trial({"bob": bob, "alice": alice}, returning_own("bleed", "alice", "bob"))

    return begin
