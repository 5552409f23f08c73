"""Runs Werkzeug's development server, with threads and without, and without its access log."""

import socket
from collections.abc import Callable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    """Answers requests and writes no line for each."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def make_environ(self) -> dict[str, Any]:
        """Return the environ; what the app reads from is not what is read once it has answered."""
        environ = super().make_environ()
        self.rfile = Rest(self.rfile)  # type: ignore[assignment]
        return environ


class Rest:
    """What a client goes on to send, read to its end after the answer.

    Where a client has reset its connection by then, reading raises, and in Werkzeug 3.1.9 (``run_wsgi``) that keeps the
    body of the answer from ever being closed, which PEP 3333 demands: the app would not learn that its request is over.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.close: Callable[[], None] = connection.close

    def read(self, size: int) -> bytes:
        """Return what is there; nothing, of a connection that was reset."""
        try:
            return self._connection.read(size)  # type: ignore[no-any-return]
        except ConnectionError:
            return b""


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
