"""A proxy on this machine through which an app makes its outgoing HTTP calls: finds those that hold values of two."""

import http.client
import ipaddress
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Self
from urllib.parse import urlsplit

from harness.apps.mixes import Find, Mix, mix_in
from harness.core.app_record import Sign

PATIENCE_SECONDS = 30.0
LARGEST_BODY = 16 << 20
PIECE = 65536
MOST_KEPT = 1000
HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)


class CallProxy:
    """Listens on 127.0.0.1; a context manager. ``find`` is ``Ledger.find``.

    It passes calls to this machine on and refuses all others: what is sent under stress is meant for no one else. What
    goes through it encrypted is passed on and not looked at.
    """

    def __init__(self, find: Find) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._mixes: list[Mix] = []
        self._server = _Listener(("127.0.0.1", 0), _Exchange)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, name="call-proxy", daemon=True)
        self.calls = 0
        """How many calls have come."""
        self.refused: dict[str, int] = {}
        """Hosts that calls were not passed on to, with their number."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that send an app's calls here."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {"HTTP_PROXY": url, "http_proxy": url, "NO_PROXY": "", "no_proxy": ""}

    def look(self) -> list[Mix]:
        """Return the calls with values of two that came since the last time."""
        with self._lock:
            found, self._mixes = self._mixes, []
        return found

    def take(self, method: str, url: str, headers: str, body: bytes) -> None:
        """Count a call and look at it."""
        target = url.partition("?")[0]
        text = f"{method} {url}\n{headers}\n{body.decode('utf-8', 'replace')}"
        mix = mix_in(text, self._find, Sign.CALL, f"{method} {target}")
        with self._lock:
            self.calls += 1
            if mix is not None and len(self._mixes) < MOST_KEPT:
                self._mixes.append(mix)

    def refuse(self, host: str) -> None:
        """Count a call that is not passed on."""
        with self._lock:
            self.refused[host] = self.refused.get(host, 0) + 1


class _Listener(ThreadingMixIn, TCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    allow_reuse_address = True
    proxy: CallProxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: an app that goes away in the middle of a call is what a flood makes it do."""


class _Exchange(BaseHTTPRequestHandler):
    """One connection of the app."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def pass_on(self) -> None:
        """Send the call where it is meant for and its answer back."""
        url = urlsplit(self.path)
        body = self._body()
        host, port = url.hostname or "", url.port or 80
        self.server.proxy.take(self.command, self.path, str(self.headers), body)
        if url.scheme != "http" or not self._is_here(host):
            return
        path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_SECONDS)
        try:
            connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP | {"content-length"}:
                    connection.putheader(name, value)
            if body or "Content-Length" in self.headers:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._say(502, f"{host}:{port} did not answer: {error}")
            return
        finally:
            connection.close()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on  # noqa: N815  # http.server's names

    def do_CONNECT(self) -> None:
        """Open a tunnel, through which nothing can be seen."""
        self.close_connection = True
        host, _, port = self.path.rpartition(":")
        self.server.proxy.take(self.command, self.path, "", b"")
        if not self._is_here(host.strip("[]")):
            return
        try:
            there = socket.create_connection((host.strip("[]"), int(port)), PATIENCE_SECONDS)
        except (OSError, ValueError) as error:
            self._say(502, f"{self.path} did not answer: {error}")
            return
        with there:
            self.send_response_only(200)
            self.end_headers()
            pair = {self.connection: there, there: self.connection}
            while ready := select.select([*pair], [], [], PATIENCE_SECONDS)[0]:
                for side in ready:
                    piece = side.recv(PIECE)
                    if not piece:
                        return
                    pair[side].sendall(piece)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # named so by the superclass
        """Say nothing of each call."""

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST_BODY))
        pieces = []
        while size := int(self.rfile.readline(100).partition(b";")[0], 16):
            pieces.append(self.rfile.read(min(size, LARGEST_BODY)))
            self.rfile.readline(3)
        while self.rfile.readline(PIECE).strip():
            pass
        return b"".join(pieces)

    def _is_here(self, host: str) -> bool:
        """Tell whether a host is this machine; where not, answer so."""
        try:
            here = host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            here = False
        if not here:
            self.server.proxy.refuse(host)
            self._say(403, f"--watch-calls passes calls on to this machine only, not to {host}")
        return here

    def _say(self, status: int, text: str) -> None:
        content = f"{text}\n".encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
