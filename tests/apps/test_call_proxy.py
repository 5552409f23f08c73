"""Outgoing calls through the proxy: they arrive unchanged, never leave this machine, and may hold values of two."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.apps.call_proxy import CallProxy
from harness.apps.tokens import Ledger
from harness.core.app_record import Sign


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = (
            f"{self.command} {self.path} {self.headers['Host']} {self.headers['X-Own']}\n".encode() + body
        )
        self.send_response(201, "Made")
        self.send_header("X-Answer", "yes")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def there() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


LEDGER = Ledger(1)
ONE, TWO = (LEDGER.visit(f"u{n}v1", f"u{n}", ["token"]).values["token"] for n in (1, 2))


@pytest.fixture
def proxy() -> Iterator[CallProxy]:
    with CallProxy(LEDGER.find) as running:
        yield running


def call(proxy: CallProxy, url: str, body: bytes | None = None, **headers: str) -> tuple[int, str, str]:
    through = urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": proxy.variables["http_proxy"]})
    )
    request = urllib.request.Request(
        url, body, {name.replace("_", "-"): text for name, text in headers.items()}
    )
    try:
        with through.open(request, timeout=20) as answer:
            return answer.status, answer.headers.get("X-Answer", ""), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "", error.read().decode()


def test_a_call_arrives_and_its_answer_comes_back(proxy: CallProxy, there: str) -> None:
    got = call(proxy, f"http://{there}/pay?a=1", b"body", X_Own="kept")
    assert got == (201, "yes", f"POST /pay?a=1 {there} kept\nbody")
    assert call(proxy, f"http://{there}") == (201, "yes", f"GET / {there} None\n")
    assert (proxy.calls, proxy.look(), proxy.refused) == (2, [], {})


def test_connections_are_kept_and_chunks_understood(proxy: CallProxy, there: str) -> None:
    port = int(proxy.variables["http_proxy"].rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", f"http://{there}/", iter([b"in ", b"pieces"]), encode_chunked=True)
    assert connection.getresponse().read().endswith(b"in pieces")
    connection.request("HEAD", f"http://{there}/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (201, b"")
    connection.request("GET", f"http://{there}/again")
    assert connection.getresponse().read().startswith(b"GET /again")
    connection.close()


@pytest.mark.parametrize(
    ("path", "body", "headers", "mixed"),
    [
        (f"/pay/{ONE}", TWO.encode(), {}, True),
        (f"/pay/{ONE}", None, {"X_Own": TWO}, True),
        (f"/pay/{ONE}?for={TWO}", None, {}, True),
        (f"/pay/{ONE}", ONE.encode(), {"X_Own": ONE}, False),
    ],
)
def test_values_of_two_anywhere_in_a_call_are_a_mix(
    proxy: CallProxy, there: str, path: str, body: bytes | None, headers: dict[str, str], mixed: bool
) -> None:
    call(proxy, f"http://{there}{path}", body, **headers)
    found = proxy.look()
    assert bool(found) == mixed
    assert proxy.look() == []
    for mix in found:
        assert mix.sign is Sign.CALL
        assert mix.where.endswith(f"http://{there}/pay/{ONE}")
        assert {each.visit for each in mix.tokens} == {"u1v1", "u2v1"}


@pytest.mark.parametrize("host", ["192.0.2.1", "example.invalid"])
def test_nothing_leaves_this_machine(proxy: CallProxy, host: str) -> None:
    status, _, said = call(proxy, f"http://{host}/")
    assert (status, f"not to {host}" in said) == (403, True)
    assert proxy.refused == {host: 1}


def test_what_does_not_answer_is_told(proxy: CallProxy) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as gone:
        port = gone.server_port
    assert call(proxy, f"http://127.0.0.1:{port}/")[0] == 502


def test_a_tunnel_is_opened_to_this_machine_alone(proxy: CallProxy, there: str) -> None:
    port = int(proxy.variables["http_proxy"].rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    host, _, target = there.partition(":")
    connection.set_tunnel(host, int(target))
    connection.request("GET", "/inside")
    assert connection.getresponse().read().startswith(b"GET /inside")
    connection.close()
    away = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    away.set_tunnel("192.0.2.1", 443)
    with pytest.raises(OSError, match="403"):
        away.request("GET", "/")
    away.close()
