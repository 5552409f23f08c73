"""A value in a Local that another greenlet overwrites so many ticks later, while its owner waits for one tick."""

from collections.abc import Callable, Hashable
from typing import Any

from bench.explore.case import Begin, Case, Trial, returning_own
from bench.explore.cases._greenlets import greenlet, pause, thread_ident
from bench.explore.cases._local import Local
from harness.core.feasibility import Feasibility
from localimpl import Unit

SOURCE = "bottle 0.13 imported before monkey patching; Werkzeug's Local before greenlets were told apart"


def overwritten(ticks: int, writer_first: bool = False) -> Case:
    """Return the case with a writer who comes so many ticks late."""
    return Case(
        unit=Unit.GREENLET,
        kind="bleed",
        # A writer who begins first and is one tick late comes in time by itself.
        feasibility=Feasibility.FIFO if writer_first and ticks == 1 else Feasibility.JITTER,
        faulty=_keyed(thread_ident, ticks, writer_first),
        fixed=_keyed(greenlet, ticks, writer_first),
        source=SOURCE,
    )


def _keyed(key: Callable[[], Hashable], ticks: int, writer_first: bool) -> Begin:
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

        calls = {"bob": bob, "alice": alice} if writer_first else {"alice": alice, "bob": bob}
        return Trial(calls, returning_own("bleed", *calls))

    return begin
