"""The server ``gunicorn_gthread``: gunicorn's threaded worker, a pool of threads and kept-alive connections."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

THREADS = 8


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Watch idle connections on the calling thread and hand those with a request to the pool."""
    from harness.servers._gunicorn import serve_with

    serve_with("gthread", app, port, ready, threads=THREADS)


SERVER = Server(
    name="gunicorn_gthread",
    summary=f"gunicorn, gthread worker: a pool of {THREADS} threads, connections kept alive",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool=f"{THREADS} threads, any of which takes the next request of any connection",
    keep_alive=True,
    carries=Carries(True, True, True, True),
    requires="servers",
    module="gunicorn",
)
