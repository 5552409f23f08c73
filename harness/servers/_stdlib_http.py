"""Speaks HTTP/1.1 over the standard library's WSGI classes, for the servers that differ only in their threads."""

import sys
from socketserver import TCPServer
from typing import Any
from wsgiref.headers import Headers
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

LONGEST_LINE = 65536


class Response(ServerHandler):
    """Runs the app for one request; a body of unknown length is sent in chunks."""

    http_version = "1.1"
    headers: Headers
    headers_sent: bool
    os_environ: dict[str, str] = {}  # noqa: RUF012  # declared so by the superclass
    """Nothing of the process's own variables belongs to a request."""

    def __init__(self, connection: "Connection", *, multithread: bool) -> None:
        super().__init__(
            connection.rfile,
            connection.wfile,  # type: ignore[arg-type]  # a whole IO[bytes] is asked for, only write is used
            sys.stderr,
            connection.get_environ(),
            multithread=multithread,
            multiprocess=False,
        )
        self.request_handler = connection
        self.connection = connection
        self.complete = False
        self._chunked = False
        self._pending: list[bytes] = []

    def cleanup_headers(self) -> None:
        """Choose how the client will know the end of the body."""
        super().cleanup_headers()
        if "Content-Length" not in self.headers:
            if self.connection.request_version == "HTTP/1.1":
                self._chunked = True
                self.headers["Transfer-Encoding"] = "chunked"
            else:
                self.connection.close_connection = True
        if self.connection.close_connection:
            self.headers["Connection"] = "close"

    def write(self, data: bytes) -> None:
        """Send a piece of the body, the first one in one segment with the head."""
        if not self.headers_sent:
            self.bytes_sent = len(data)
            self.send_headers()
        if self._chunked:
            if data:  # an empty chunk would end the body
                self._pending += (b"%x\r\n" % len(data), data, b"\r\n")
        else:
            self._pending.append(data)
        self._flush()

    def finish_content(self) -> None:
        """Send what marks the end."""
        super().finish_content()
        if self._chunked:
            self._pending.append(b"0\r\n\r\n")
        self._flush()
        self.complete = True

    def _write(self, data: bytes) -> None:
        self._pending.append(data)

    def _flush(self) -> None:
        data = b"".join(self._pending)
        self._pending.clear()
        if data:
            self.stdout.write(data)


class Connection(WSGIRequestHandler):
    """One client's connection, closed after each answer unless ``keeps_alive``; writes no access log."""

    # Nagle's algorithm would hold back the second of two segments until the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"
    keeps_alive = False
    multithread = False

    def handle(self) -> None:
        """Answer one request; ``close_connection`` tells afterwards whether another may follow."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(LONGEST_LINE + 1)
        if len(self.raw_requestline) > LONGEST_LINE:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
            return
        if not self.raw_requestline or not self.parse_request():
            return
        # A request body that the app leaves unread would be taken for the next request.
        has_body = "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0"
        if has_body or not self.keeps_alive:
            self.close_connection = True
        response = Response(self, multithread=self.multithread)
        response.run(self.server.get_app())  # type: ignore[attr-defined]
        if not response.complete:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # named so by the superclass
        """Say nothing of each request."""


class Listener(WSGIServer):
    """Listens on loopback with a queue as long as a flood of new connections needs."""

    request_queue_size = 1024
    allow_reuse_address = True

    def server_bind(self) -> None:
        """Bind without the superclass's look-up of the host's full name, which may wait for a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report on standard error, unless all that happened is that a client went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
