"""The server ``eventlet_wsgi``: eventlet's WSGI server in a process it patched, a greenlet for each connection."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

CONNECTIONS = 1000
IDLE_SECONDS = 300
"""Longer than any cell lasts."""


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run eventlet's loop on the calling thread."""
    import socket

    from eventlet import listen, wsgi

    # A socket of eventlet's own, also in a process where an app is tried without patching.
    listener = listen(("127.0.0.1", port), backlog=1024, reuse_port=False)
    # Accepted sockets inherit it; head and body are written separately.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ready(listener.getsockname()[1])
    wsgi.server(
        listener,
        app,
        log_output=False,
        max_size=CONNECTIONS,
        socket_timeout=IDLE_SECONDS,
        # Else it holds pieces of a streamed body back until they are 4096 bytes together.
        minimum_chunk_size=1,
    )


SERVER = Server(
    name="eventlet_wsgi",
    summary="eventlet's wsgi: a greenlet for each connection, standard library patched by eventlet",
    unit=Unit.GREENLET,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool="a greenlet for each connection",
    keep_alive=True,
    carries=Carries(True, False, True, False),
    patched="eventlet",
    exempt={
        "executor_hop": "eventlet's patched threading.local swaps the attributes of the shared object before it looks "
        "one up, so that a native thread of its pool can put another's in between (0.41.3: 22 of 200,000 reads of two "
        "such threads were wrong, none with the unpatched one)"
    },
    requires="servers",
    module="eventlet",
)
