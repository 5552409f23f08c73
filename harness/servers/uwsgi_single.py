"""The server ``uwsgi_single``: uWSGI, one process and one thread, as it is without options."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Answer on the calling thread, one connection after the other."""
    from harness.servers._uwsgi import serve_with

    serve_with(app, port, ready, threads=1)


SERVER = Server(
    name="uwsgi_single",
    summary="uWSGI on one thread, one request after the other",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset({Need.REUSE, Need.ENDS}),
    pool="one thread",
    keep_alive=False,
    carries=Carries(False, True, False, True),
    requires="servers",
    module="pyuwsgi",
)
