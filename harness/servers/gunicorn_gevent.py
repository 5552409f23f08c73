"""The server ``gunicorn_gevent``: gunicorn's gevent worker in a patched process, one greenlet for each connection."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run gevent's loop on the calling thread; the worker patches what is not patched yet."""
    from harness.servers._gunicorn import serve_with

    serve_with("gevent", app, port, ready)


SERVER = Server(
    name="gunicorn_gevent",
    summary="gunicorn, gevent worker: a greenlet for each connection, standard library patched",
    unit=Unit.GREENLET,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool="a greenlet for each connection",
    keep_alive=True,
    carries=Carries(True, False, True, False),
    patched="gevent",
    requires="servers",
    module="gunicorn",
)
