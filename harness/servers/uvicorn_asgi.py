"""The server ``uvicorn_asgi``: uvicorn on one thread, an asyncio task for each request."""

import sys
from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

KEEP_ALIVE_SECONDS = 75
"""As long as other servers do; its default of 5 s would close connections of clients that pause."""


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run asyncio's loop on the calling thread."""
    import socket

    import uvicorn

    class AnnouncingServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready(listener.getsockname()[1])

    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    # asyncio sets it only on sockets whose protocol number is given, which ``create_server`` leaves out: head and body,
    # written separately, would each wait for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # One loop and one parser on every machine, whatever else is installed. Without ``asgi3``, uvicorn takes a bound
    # method for an application of ASGI 2.
    config = uvicorn.Config(
        app,
        interface="asgi3",
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    AnnouncingServer(config).run(sockets=[listener])


SERVER = Server(
    name="uvicorn_asgi",
    summary="uvicorn: an asyncio task for each request",
    unit=Unit.TASK,
    interface="asgi",
    serve=serve,
    offers=frozenset(Need) - {Need.REUSE},
    pool="a task for each request, on one thread",
    keep_alive=True,
    # On asyncio's loop the task that takes a large body registers the connection's reader again, up to 3.14 in its own
    # context, which is then that of all later tasks (uvicorn #2167, cpython #140947).
    carries=Carries(False, False, True, True, contextvar_after_large_body=sys.version_info < (3, 15)),
    basic=True,
    requires="asgi",
    module="uvicorn",
)
