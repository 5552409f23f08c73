"""The server ``threaded_pool``: a fixed pool of threads, of which any takes any kept-alive connection's requests."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit

THREADS = 8


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Watch idle connections on the calling thread and hand those with a request to the pool."""
    from harness.servers._thread_pool import PoolListener

    with PoolListener(port, THREADS) as listener:
        listener.set_app(app)
        ready(listener.server_port)
        listener.serve_forever()


SERVER = Server(
    name="threaded_pool",
    summary=f"a pool of {THREADS} threads that are reused, connections kept alive",
    unit=Unit.THREAD,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool=f"{THREADS} threads, any of which takes the next request of any connection",
    keep_alive=True,
    carries=Carries(True, True, True, True),
    basic=True,
)
