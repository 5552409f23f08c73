"""The server ``hypercorn_wsgi``: hypercorn, whose loop hands WSGI requests to its executor's threads."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

THREADS = 8


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run asyncio's loop on the calling thread, the app on its executor."""
    from harness.servers._hypercorn import serve_with

    serve_with("wsgi", app, port, ready, threads=THREADS)


SERVER = Server(
    name="hypercorn_wsgi",
    summary=f"hypercorn with a WSGI app: a pool of {THREADS} threads, connections kept alive",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool=f"{THREADS} threads, any of which takes the next request of any connection",
    keep_alive=True,
    carries=Carries(True, True, True, True),
    requires="servers",
    module="hypercorn",
)
