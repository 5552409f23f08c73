"""The server ``aiohttp_web``: aiohttp's own, an asyncio task for each request, which runs aiohttp's applications."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

KEEP_ALIVE_SECONDS = 75


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run asyncio's loop on the calling thread."""
    import asyncio
    import socket

    from aiohttp import web

    # Nagle's algorithm is off on sockets that it accepts.
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)

    async def main() -> None:
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        ready(listener.getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(main())


SERVER = Server(
    name="aiohttp_web",
    summary="aiohttp's server: an asyncio task for each request",
    unit=Unit.TASK,
    interface="aiohttp",
    serve=serve,
    offers=frozenset(Need) - {Need.REUSE},
    pool="a task for each request, on one thread",
    keep_alive=True,
    # The connection has a task of its own, in whose context no app is ever called.
    carries=Carries(False, False, True, True),
    requires="frameworks",
    module="aiohttp",
)
