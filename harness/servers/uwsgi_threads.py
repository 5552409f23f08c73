"""The server ``uwsgi_threads``: uWSGI with a pool of threads, each of which accepts for itself."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

THREADS = 8


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Answer on a pool of threads, the calling one among them."""
    from harness.servers._uwsgi import serve_with

    serve_with(app, port, ready, threads=THREADS)


SERVER = Server(
    name="uwsgi_threads",
    summary=f"uWSGI: a pool of {THREADS} threads",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool=f"{THREADS} threads, each of which accepts connections for itself",
    keep_alive=False,
    carries=Carries(False, True, False, True),
    requires="servers",
    module="pyuwsgi",
)
