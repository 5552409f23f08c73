"""The server ``threaded``: wsgiref with a new thread for each request, whose ident an ended one may have had."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Accept on the calling thread; each connection brings one request and gets one thread."""
    from socketserver import ThreadingMixIn

    from harness.servers._stdlib_http import Connection, Listener

    class ThreadedConnection(Connection):
        multithread = True

    class ThreadedListener(ThreadingMixIn, Listener):
        daemon_threads = True
        block_on_close = False  # else a list of all threads is kept, and walked at each request

    with ThreadedListener(("127.0.0.1", port), ThreadedConnection) as listener:
        listener.set_app(app)
        ready(listener.server_port)
        listener.serve_forever()


SERVER = Server(
    name="threaded",
    summary="wsgiref with a new thread for each request",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need) - {Need.REUSE},
    pool="a new thread for each connection, which brings one request",
    keep_alive=False,
    carries=Carries(False, False, False, False),
    basic=True,
)
