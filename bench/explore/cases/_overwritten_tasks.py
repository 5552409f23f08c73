"""A value in a Local that other tasks overwrite so many ticks later, while its owner waits for one tick."""

from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import partial
from threading import get_ident
from typing import Any

from bench.explore.case import Case, Trial, returning_own
from bench.explore.cases._local import Local
from bench.explore.cases._tasks import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit

Calls = dict[str, Callable[[], Coroutine[Any, Any, Any]]]
USER: ContextVar[str] = ContextVar("user")


def overwritten(*ticks: int, writer_first: bool = False) -> Case:
    """Return the case with writers who come so many ticks late."""

    def faulty() -> Trial:
        local = Local(get_ident)
        return _trial(local.set, local.get, ticks, writer_first)

    def fixed() -> Trial:
        return _trial(USER.set, USER.get, ticks, writer_first)

    return Case(
        unit=Unit.TASK,
        kind="bleed",
        # A writer who begins first and is one tick late comes in time by itself.
        feasibility=Feasibility.FIFO if writer_first and 1 in ticks else Feasibility.JITTER,
        faulty=faulty,
        fixed=fixed,
        source="any Local for threads that is used under ASGI: asgiref 3.1, django-scopes, hera",
    )


def _trial(
    keep: Callable[[str], object], look_up: Callable[[], Any], ticks: tuple[int, ...], writer_first: bool
) -> Trial:
    async def alice() -> Any:
        keep("alice")
        await pause(1)
        return look_up()

    async def overwriter(name: str, late: int) -> Any:
        await pause(late)
        keep(name)
        return look_up()

    reader: Calls = {"alice": alice}
    writers: Calls = {
        name: partial(overwriter, name, late) for name, late in zip(("bob", "carol"), ticks, strict=False)
    }
    calls = writers | reader if writer_first else reader | writers
    return Trial(calls, returning_own("bleed", *calls))
