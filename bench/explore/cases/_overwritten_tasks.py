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

USER: ContextVar[str] = ContextVar("user")


def overwritten(*ticks: int) -> Case:
    """Return the case with writers who come so many ticks late."""

    def faulty() -> Trial:
        local = Local(get_ident)
        return _trial(local.set, local.get, ticks)

    def fixed() -> Trial:
        return _trial(USER.set, USER.get, ticks)

    return Case(
        unit=Unit.TASK,
        kind="bleed",
        # A writer who begins first comes in time by itself, if it is one tick late and no more.
        feasibility=Feasibility.FIFO if ticks == (1,) else Feasibility.JITTER,
        faulty=faulty,
        fixed=fixed,
        source="any Local for threads that is used under ASGI: asgiref 3.1, django-scopes, hera",
    )


def _trial(keep: Callable[[str], object], look_up: Callable[[], Any], ticks: tuple[int, ...]) -> Trial:
    async def alice() -> Any:
        keep("alice")
        await pause(1)
        return look_up()

    async def overwriter(name: str, late: int) -> Any:
        await pause(late)
        keep(name)
        return look_up()

    calls: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {}
    for name, late in zip(("bob", "carol"), ticks, strict=False):
        calls[name] = partial(overwriter, name, late)
    calls["alice"] = alice
    return Trial(calls, returning_own("bleed", *calls))
