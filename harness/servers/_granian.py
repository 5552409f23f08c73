"""Runs granian's worker in this process, for ASGI and for WSGI.

Granian runs the same worker in processes of its own or, on a Python without a GIL, in threads. In a thread it is here
on every Python: the one process sees what the worker records, and none is left behind.
"""

import socket
from collections.abc import Callable
from typing import Any

BACKLOG = 1024


def serve_with(interface: str, app: Any, port: int, ready: Callable[[int], None], threads: int = 1) -> None:
    """Wait on the calling thread while granian's serve; ``threads`` is how many run a WSGI app."""
    from granian._granian import SocketHolder
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server.mt import MTServer

    listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number: int = listener.getsockname()[1]

    class OneWorker(MTServer):
        """Serves on a socket that is bound: granian cannot say which port it was given."""

        def _init_shared_socket(self) -> None:
            holder: Any = SocketHolder  # its stub says nothing of how it is made
            self._shd = holder(listener.detach(), False, BACKLOG)

        def _check_gil(self) -> None:
            pass

    server = OneWorker(
        "in memory",
        "127.0.0.1",
        number,
        interface=Interfaces(interface),
        blocking_threads=threads,
        log_level=LogLevels.error,
    )
    ready(number)
    server.serve(target_loader=lambda: app, wrap_loader=False)
