"""The server ``granian_asgi``: granian, HTTP in Rust, an asyncio task for each request."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Wait on the calling thread; asyncio's loop runs on another."""
    from harness.servers._granian import serve_with

    serve_with("asgi", app, port, ready)


SERVER = Server(
    name="granian_asgi",
    summary="granian: an asyncio task for each request",
    unit=Unit.TASK,
    interface="asgi",
    serve=serve,
    offers=frozenset(Need) - {Need.REUSE},
    pool="a task for each request, on one thread",
    keep_alive=True,
    carries=Carries(False, False, True, True),
    requires="servers",
    module="granian",
)
