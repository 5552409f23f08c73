"""What lies outside of the loop and would let schedules differ from run to run, put right while a host is open."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from contextvars import copy_context
from importlib import import_module
from typing import Any, Self

ANYIO = "anyio._backends._asyncio"
THREADS = "run_sync_in_worker_thread"


class Surroundings:
    """Keeps an order where asyncio takes that of addresses, and functions of anyio's threads under control."""

    def __init__(self) -> None:
        self._backend: Any = None
        self._original: Any = None

    def __enter__(self) -> Self:
        vars(asyncio.tasks)["set"] = _in_order
        return self

    def __exit__(self, *error: object) -> None:
        del vars(asyncio.tasks)["set"]
        if self._backend is not None:
            setattr(self._backend, THREADS, self._original)

    def adapt(self) -> None:
        """See whether anyio has been imported since; it would import its backend itself, on first use."""
        if self._backend is None and "anyio" in sys.modules:
            backend = self._backend = vars(import_module(ANYIO))["AsyncIOBackend"]
            self._original = vars(backend)[THREADS]
            setattr(backend, THREADS, classmethod(_on_thread))


def _in_order(things: Iterable[Any] = ()) -> Any:
    """Return what ``as_completed`` and ``wait`` were given, each once, in its order: coroutines have no number.

    They only go through it; the sets that ``wait`` returns are begun empty, and are sets.
    """
    return list(dict.fromkeys(things)) or set()


async def _on_thread(
    backend: Any,
    func: Callable[..., Any],
    args: tuple[Any, ...],
    abandon_on_cancel: bool = False,
    limiter: Any = None,
) -> Any:
    """Run a function for anyio as its own worker threads do, but through the loop, which makes it a unit.

    Starlette and FastAPI run ``def`` views so: in a copy of the task's context, within a limiter.
    """
    anyio: Any = sys.modules["anyio"]
    await backend.checkpoint()
    async with limiter or backend.current_default_thread_limiter():
        with anyio.CancelScope(shield=not abandon_on_cancel):
            context = copy_context()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, lambda: context.run(func, *args))
