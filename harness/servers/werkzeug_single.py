"""The server ``werkzeug_single``: Werkzeug's development server without threads, one request after the other."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Answer one request on each connection, all on the calling thread."""
    from harness.servers._werkzeug import serve_with

    serve_with(app, port, ready, threaded=False)


SERVER = Server(
    name="werkzeug_single",
    summary="Werkzeug's development server on one thread",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset({Need.REUSE, Need.ENDS}),
    pool="one thread",
    keep_alive=False,
    carries=Carries(False, True, False, True),
    module="werkzeug",
)
