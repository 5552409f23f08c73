"""Who performs a script's steps where nobody was given: an app under a plain server, or a context left in passing."""

import asyncio
import time
from typing import Any

from harness.core.steps import Await, Pause


def on_this_thread(step: Any) -> None:
    """Give way once at a pause: to another thread or, once gevent has patched the standard library, greenlet."""
    if not isinstance(step, Pause):
        raise TypeError(_missing(step))
    time.sleep(0)


async def on_this_task(step: Any) -> Any:
    """Give way once round the loop at a pause, and await what an ``async def`` view returns."""
    if isinstance(step, Await):
        return await step.awaitable
    if not isinstance(step, Pause):
        raise TypeError(_missing(step))
    await asyncio.sleep(0)
    return None


def without_pausing(step: Any) -> None:
    """Go on at a pause: where a ``with`` block or a generator is being left, nothing can wait."""
    if not isinstance(step, Pause):
        raise TypeError(_missing(step))


def _missing(step: Any) -> str:
    if isinstance(step, Await):
        return "an `async def` function was called on a thread or greenlet; use the ASGI face, or write `def`"
    return (
        f"{type(step).__name__} needs a performer that knows units, and none was given; "
        "put a harness.core.ports.Given under 'ctxstress.given' into the environ or scope"
    )
