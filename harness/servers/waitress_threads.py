"""The server ``waitress_threads``: waitress, one loop that reads and writes and a pool of threads for the requests."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

THREADS = 8
CONNECTIONS = 1000
IDLE_SECONDS = 300
"""Longer than any cell lasts."""


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run waitress's loop on the calling thread; its pool answers."""
    import logging
    import socket

    from waitress.server import create_server

    # A queue longer than the number of free threads is worth a warning to waitress, and usual in a flood.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    server = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        # Else ``select``, which raises at a thousand files: connections that clients gave up, and files of the app.
        asyncore_use_poll=True,
    )
    ready(listener.getsockname()[1])
    server.run()


SERVER = Server(
    name="waitress_threads",
    summary=f"waitress: a pool of {THREADS} threads, connections kept alive",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool=f"{THREADS} threads, any of which takes the next request of any connection",
    keep_alive=True,
    carries=Carries(True, True, True, True),
    requires="servers",
    module="waitress",
)
