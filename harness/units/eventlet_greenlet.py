"""Steps on an eventlet greenlet."""

from collections.abc import Callable
from typing import Any

import eventlet
from eventlet import tpool

from harness.units.pacing import BlockingSteps


class EventletSteps(BlockingSteps):
    """A pause goes once round eventlet's loop; a child is a spawned greenlet."""

    __slots__ = ()

    def tick(self) -> None:
        """Let every other ready greenlet run."""
        eventlet.sleep(self.nap)

    def spawn(self, run: Callable[[], Any]) -> Any:
        """Start a greenlet."""
        return eventlet.spawn(run)

    def join(self, handle: Any) -> Any:
        """Wait for the greenlet."""
        return handle.wait()

    def offload(self, function: Callable[[], Any]) -> Any:
        """Use eventlet's pool of native threads."""
        return tpool.execute(function)

    def cancel(self) -> None:
        """Time out, as an `eventlet.Timeout` round the handler does."""
        raise eventlet.Timeout
