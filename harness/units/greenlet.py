"""Steps on a gevent greenlet."""

from collections.abc import Callable
from typing import Any

import gevent

from harness.units.pacing import BlockingSteps


class GreenletSteps(BlockingSteps):
    """A pause goes once round gevent's loop; a child is a spawned greenlet, which copies the contextvars."""

    __slots__ = ()

    def tick(self) -> None:
        """Let every other ready greenlet run."""
        gevent.sleep(self.nap)

    def spawn(self, run: Callable[[], Any]) -> "gevent.Greenlet[..., Any]":
        """Start a greenlet."""
        return gevent.spawn(run)

    def join(self, handle: "gevent.Greenlet[..., Any]") -> Any:
        """Wait for the greenlet."""
        return handle.get()

    def offload(self, function: Callable[[], Any]) -> Any:
        """Use the hub's pool of native threads."""
        return gevent.get_hub().threadpool.apply(function)

    def cancel(self) -> None:
        """Time out, as a `gevent.Timeout` round the handler does."""
        raise gevent.Timeout
