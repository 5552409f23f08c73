"""Runs hypercorn's asyncio worker in this process, for ASGI and for WSGI."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

KEEP_ALIVE_SECONDS = 75
"""As long as other servers do; its default of 5 s would close connections of clients that pause."""


def serve_with(
    mode: Literal["asgi", "wsgi"], app: Any, port: int, ready: Callable[[int], None], threads: int = 1
) -> None:
    """Run the loop on the calling thread; ``threads`` is the size of its executor."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number: int = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.loglevel = "ERROR"

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads, "hypercorn"))
        await serve(app, config, mode=mode, shutdown_trigger=wait)

    async def wait() -> None:
        # Hypercorn asks whether to end, for ever, once the app has started up and sockets are served.
        ready(number)
        await asyncio.Event().wait()

    asyncio.run(main())
