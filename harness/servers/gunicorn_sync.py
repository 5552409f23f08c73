"""The server ``gunicorn_sync``: gunicorn's default worker, one request after the other on one thread."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Answer one request on each connection, all on the calling thread."""
    from harness.servers._gunicorn import serve_with

    serve_with("sync", app, port, ready)


SERVER = Server(
    name="gunicorn_sync",
    summary="gunicorn, sync worker: one thread, one request after the other",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset({Need.REUSE, Need.ENDS}),
    pool="one thread",
    keep_alive=False,
    carries=Carries(False, True, False, True),
    requires="servers",
    module="gunicorn",
)
