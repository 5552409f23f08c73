"""Runs Werkzeug's development server, with threads and without, and without its access log."""

import socket
from collections.abc import Callable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    """Answers requests and writes no line for each."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def serve_with(app: Any, port: int, ready: Callable[[int], None], *, threaded: bool) -> None:
    """Serve on the calling thread, or each request on a new one."""
    # Bound here: of a port in use it would print, and end the process.
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    # Accepted sockets inherit it; head and body are written separately.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number: int = listener.getsockname()[1]
    server = make_server(
        "127.0.0.1", number, app, threaded=threaded, request_handler=QuietHandler, fd=listener.fileno()
    )
    ready(number)
    server.serve_forever()
