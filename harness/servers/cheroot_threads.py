"""The server ``cheroot_threads``: cheroot, CherryPy's server, one loop for idle connections and a pool of threads."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

THREADS = 8
BACKLOG = 1024
IDLE_SECONDS = 300
"""Longer than any cell lasts."""


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Watch idle connections on the calling thread and hand those with a request to the pool."""
    import socket

    from cheroot import wsgi

    listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    class OnListener(wsgi.Server):
        """Takes a socket that is bound: its own way to bind loses the error's number."""

        def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:  # noqa: A002  # named so there
            """Return the listener."""
            self.socket = listener
            return listener

    server = OnListener(
        listener.getsockname(),
        app,
        numthreads=THREADS,
        max=THREADS,
        request_queue_size=BACKLOG,
        timeout=IDLE_SECONDS,
    )
    server.prepare()
    ready(listener.getsockname()[1])
    server.serve()


SERVER = Server(
    name="cheroot_threads",
    summary=f"cheroot: a pool of {THREADS} threads, connections kept alive",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool=f"{THREADS} threads, any of which takes the next request of any connection",
    keep_alive=True,
    carries=Carries(True, True, True, True),
    requires="servers",
    module="cheroot",
)
