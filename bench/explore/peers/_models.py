"""A case in the shapes that the peers ask for: a coroutine function that gathers, and greenlets on one thread."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bench.explore.case import Trial
from bench.explore.search import Counted


def gathering(counted: Counted) -> Callable[[], Coroutine[Any, Any, None]]:
    """Return a coroutine function that begins an instance, gathers its units and checks what they return."""

    async def gather() -> None:
        trial = counted.begin()
        tasks = [asyncio.create_task(call(), name=name) for name, call in trial.calls.items()]
        counted.check(trial, dict(zip(trial.calls, await asyncio.gather(*tasks), strict=True)))

    return gather


def on_greenlets(trial: Trial) -> dict[str, Any]:
    """Run the units as greenlets of this thread, as gevent lets them; return what they return."""
    import gevent

    greenlets = {name: gevent.spawn(call) for name, call in trial.calls.items()}
    return {name: one.get() for name, one in greenlets.items()}
