"""The server ``wsgiref_single``: the standard library's WSGI server, one connection after the other on one thread."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Answer one request on each connection, all on the calling thread."""
    from harness.servers._stdlib_http import Connection, Listener

    with Listener(("127.0.0.1", port), Connection) as listener:
        listener.set_app(app)
        ready(listener.server_port)
        listener.serve_forever()


SERVER = Server(
    name="wsgiref_single",
    summary="wsgiref on one thread, one request after the other",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset({Need.REUSE, Need.ENDS}),
    pool="one thread",
    keep_alive=False,
    carries=Carries(False, True, False, True),
    basic=True,
)
