"""The server ``daphne_asgi``: daphne, Twisted's HTTP on asyncio's loop, a task for each request."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run Twisted's asyncio reactor on the calling thread."""
    import socket

    from daphne.server import Server as Daphne
    from twisted.internet import reactor

    # Bound here: of a port in use its own way tells only the log, and then ends.
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    # Called on the loop, once it runs.
    reactor.callWhenRunning(ready, listener.getsockname()[1])
    # The endpoint that daphne brings for sockets that are open already.
    Daphne(app, [f"fd:fileno={listener.fileno()}"], signal_handlers=False).run()


SERVER = Server(
    name="daphne_asgi",
    summary="daphne: an asyncio task for each request",
    unit=Unit.TASK,
    interface="asgi",
    serve=serve,
    offers=frozenset(Need) - {Need.REUSE},
    pool="a task for each request, on one thread",
    keep_alive=True,
    carries=Carries(False, False, True, True),
    requires="servers",
    module="daphne",
)
