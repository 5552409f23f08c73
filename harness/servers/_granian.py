"""Runs granian's worker in this process, for ASGI and for WSGI.

Granian runs the same worker in processes of its own or, on a Python without a GIL, in threads. In a thread it is here
on every Python: the one process sees what the worker records, and none is left behind.
"""

import socket
from collections.abc import Callable
from typing import Any

BACKLOG = 1024


def serve_with(interface: str, app: Any, port: int, ready: Callable[[int], None], threads: int = 1) -> None:
    """Wait on the calling thread while granian's serve; ``threads`` is how many run a WSGI app."""
    from granian._granian import SocketHolder
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server.mt import MTServer

    listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number: int = listener.getsockname()[1]

    class OneWorker(MTServer):
        """Serves on a socket that is bound: granian cannot say which port it was given."""

        def _init_shared_socket(self) -> None:
            holder: Any = SocketHolder  # its stub says nothing of how it is made
            self._shd = holder(listener.detach(), False, BACKLOG)

        def _check_gil(self) -> None:
            pass

    server = OneWorker(
        "in memory",
        "127.0.0.1",
        number,
        interface=Interfaces(interface),
        blocking_threads=threads,
        log_level=LogLevels.error,
    )
    if interface == "asgi":
        app = _StartedUp(app, lambda: ready(number))
    else:
        ready(number)
    server.serve(target_loader=lambda: app, wrap_loader=False)


class _StartedUp:
    """An ASGI app that tells when it has started up, or shown that it knows nothing of start-ups."""

    def __init__(self, app: Any, ready: Callable[[], None]) -> None:
        self._app = app
        self._ready = ready

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        started = failed = False

        async def watch(message: Any) -> None:
            nonlocal started, failed
            await send(message)
            failed |= message["type"] == "lifespan.startup.failed"
            if message["type"] == "lifespan.startup.complete":
                started = True
                self._ready()

        try:
            await self._app(scope, receive, watch)
        finally:
            if not started and not failed:
                self._ready()
