"""The server ``hypercorn_asgi``: hypercorn on one thread, an asyncio task for each request."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run asyncio's loop on the calling thread."""
    from harness.servers._hypercorn import serve_with

    serve_with("asgi", app, port, ready)


SERVER = Server(
    name="hypercorn_asgi",
    summary="hypercorn: an asyncio task for each request",
    unit=Unit.TASK,
    interface="asgi",
    serve=serve,
    offers=frozenset(Need) - {Need.REUSE},
    pool="a task for each request, on one thread",
    keep_alive=True,
    carries=Carries(False, False, True, True),
    requires="servers",
    module="hypercorn",
)
