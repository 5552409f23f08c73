"""The server ``werkzeug_threaded``: Werkzeug's server as ``flask run`` starts it, a thread for each request."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Accept on the calling thread; each connection brings one request and gets one thread."""
    from harness.servers._werkzeug import serve_with

    serve_with(app, port, ready, threaded=True)


SERVER = Server(
    name="werkzeug_threaded",
    summary="Werkzeug's development server, as `flask run`: a new thread for each request",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need) - {Need.REUSE},
    pool="a new thread for each connection, which brings one request",
    keep_alive=False,
    carries=Carries(False, False, False, False),
    module="werkzeug",
)
