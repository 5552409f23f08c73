"""The HTTP client against scripted servers: every framing, however it is cut up, and everything malformed."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from harness.core.plan import Order
from harness.engine.client import Client, mark
from harness.engine.http_connection import Connection, NoAnswerError, RefusedError, TransportError

GET = b"GET / HTTP/1.1\r\n\r\n"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: a: b\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
    b"3\r\nhel\r\n2;ext=1\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
)
TO_THE_END = b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello"

Serve = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Serve], int]]:
    """Start a server that calls a function with each accepted connection, and return its port."""
    with contextlib.ExitStack() as stack:

        def start(handle: Serve) -> int:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def run() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        with listener.accept()[0] as accepted:
                            handle(accepted)

            thread = threading.Thread(target=run, daemon=True)
            thread.start()
            stack.callback(thread.join, 5)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            port: int = listener.getsockname()[1]
            return port

        yield start


def answering(*pieces: bytes, then: Serve | None = None) -> Serve:
    """Read one request, send the pieces, and close."""

    def handle(accepted: socket.socket) -> None:
        accepted.recv(65536)
        for piece in pieces:
            accepted.sendall(piece)
        if then is not None:
            then(accepted)

    return handle


def exchange(port: int, limit: float = 5, *, hangs_up: bool = False) -> bytes:
    connection = Connection(port, limit)
    try:
        return connection.exchange(GET, hangs_up=hangs_up).body
    finally:
        connection.close()


@pytest.mark.parametrize("answer", [LENGTH, CHUNKED, TO_THE_END], ids=["length", "chunked", "to the end"])
def test_reads_a_body_however_it_is_framed(serve: Callable[[Serve], int], answer: bytes) -> None:
    assert exchange(serve(answering(answer))) == b"hello"


@pytest.mark.parametrize("answer", [LENGTH, CHUNKED, TO_THE_END], ids=["length", "chunked", "to the end"])
def test_reads_an_answer_that_comes_in_pieces(
    serve: Callable[[Serve], int], monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    port = serve(silent)
    for size in (1, 2, 3, 7):
        pieces = [answer[start : start + size] for start in range(0, len(answer), size)]
        connection = Connection(port, 5)
        monkeypatch.setattr(connection, "_piece", iter([*pieces, b""]).__next__)
        assert connection.exchange(GET).body == b"hello"
        connection.close()


def test_gives_headers_as_they_came(serve: Callable[[Serve], int]) -> None:
    connection = Connection(serve(answering(LENGTH)), 5)
    answer = connection.exchange(GET)
    assert list(answer.headers) == [("Content-Length", "5"), ("X-One", "a: b")]
    assert (answer.status, answer.cut) == (200, False)
    connection.close()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (b"", "closed the connection before an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-", "closed the connection in the head"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not an answer of HTTP/1: 'SSH-2.0-OpenSSH'"),
        (b"HTTP/1.1 abc\r\n\r\n", "not an answer of HTTP/1"),
        (b"HTTP/2 200\r\n\r\n", "not an answer of HTTP/1"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "not a header: 'no colon'"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello", "Content-Length is no number: 'five'"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", "Content-Length is no number"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "closed the connection in the body"),
        (LENGTH + b"more", "bytes behind the answer: b'more'"),
        (CHUNKED.replace(b"3\r\n", b"zz\r\n", 1), "size of a chunk is no number: 'zz'"),
        (CHUNKED.replace(b"3\r\n", b"2\r\n", 1), "a chunk is longer than its size says"),
        (CHUNKED.replace(b"0\r\nTrailer: x\r\n\r\n", b""), "closed the connection in the body"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 30000, "no end of the head within 65536 bytes"),
    ],
)
def test_says_what_is_wrong_with_an_answer(
    serve: Callable[[Serve], int], answer: bytes, complaint: str
) -> None:
    port = serve(answering(answer))
    connection = Connection(port, 5)
    with pytest.raises(TransportError, match=complaint) as caught:
        connection.exchange(GET)
    assert not isinstance(caught.value, (NoAnswerError, RefusedError))
    assert not connection.reusable


def test_nobody_listening_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RefusedError, match=f"nobody listens on port {port}"):
        Connection(port, 5)


def silent(accepted: socket.socket) -> None:
    accepted.recv(1, socket.MSG_WAITALL)  # until the client closes


def trickling(accepted: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            accepted.sendall(b"x")
            time.sleep(0.02)


@pytest.mark.parametrize("then", [silent, trickling])
def test_gives_up_at_the_limit(serve: Callable[[Serve], int], then: Serve) -> None:
    with pytest.raises(NoAnswerError, match=r"no answer within 0\.2 s"):
        exchange(serve(answering(b"HTTP/1.1 200 OK\r\n\r\n", then=then)), 0.2)


def test_hanging_up_resets_the_connection_after_the_first_piece(serve: Callable[[Serve], int]) -> None:
    ended: list[BaseException | bytes] = []

    def wait(accepted: socket.socket) -> None:
        try:
            ended.append(accepted.recv(1))
        except OSError as error:
            ended.append(error)

    head = CHUNKED[: CHUNKED.index(b"3\r\n")]
    port = serve(answering(head, b"3\r\nhel\r\n", then=wait))
    assert b"hel" in exchange(port, hangs_up=True)
    exchange(serve(answering(LENGTH)))  # the first server's thread has come round by now, or soon
    deadline = time.monotonic() + 5
    while not ended and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [type(each) for each in ended] == [ConnectionResetError]


def test_hanging_up_is_said_in_the_answer(serve: Callable[[Serve], int]) -> None:
    answer = Connection(serve(answering(LENGTH)), 5).exchange(GET, hangs_up=True)
    assert answer.cut


def test_an_abort_wakes_who_waits(serve: Callable[[Serve], int]) -> None:
    arrived = threading.Event()

    def wait(accepted: socket.socket) -> None:
        accepted.recv(65536)
        arrived.set()
        silent(accepted)

    connection = Connection(serve(wait), 60)
    failures: list[str] = []

    def ask() -> None:
        try:
            connection.exchange(GET)
        except TransportError as error:
            failures.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    assert arrived.wait(5)
    connection.abort()
    thread.join(5)
    assert failures == ["the server closed the connection before an answer"]


class Recorder:
    """Answers in turn and keeps what was asked, on however many connections."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.connections = 0

    def __call__(self, accepted: socket.socket) -> None:
        self.connections += 1
        while self.answers:
            asked = accepted.recv(65536)
            if not asked:
                return
            self.asked.append(asked.decode())
            answer = self.answers.pop(0)
            accepted.sendall(answer)
            if b"lose" in answer or answer.startswith(b"HTTP/1.0"):
                return


def with_cookie(cookie: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nSet-Cookie: {cookie}\r\nContent-Length: 0\r\n\r\n".encode()


def test_a_jar_keeps_replaces_and_drops_cookies(serve: Callable[[Serve], int]) -> None:
    recorder = Recorder(
        with_cookie("a=1; Path=/; HttpOnly"),
        with_cookie("a=2"),
        with_cookie("b==x="),
        with_cookie("a=; Max-Age=0"),
    )
    with Client(serve(recorder), {}, 5) as client:
        jars = []
        for _ in range(4):
            client.get("/")
            jars.append(dict(client.jar or {}))
    assert jars == [{"a": "1"}, {"a": "2"}, {"a": "2", "b": "=x="}, {"b": "=x="}]
    assert ["Cookie: " in asked for asked in recorder.asked] == [False, True, True, True]
    assert "Cookie: a=2; b==x=\r\n" in recorder.asked[3]


def test_without_a_jar_cookies_are_ignored(serve: Callable[[Serve], int]) -> None:
    recorder = Recorder(with_cookie("a=1"), with_cookie("a=2"))
    with Client(serve(recorder), None, 5) as client:
        client.get("/")
        client.get("/")
    assert not any("Cookie" in asked for asked in recorder.asked)


@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        (LENGTH, 1),
        (LENGTH.replace(b"X-One: a: b", b"Connection: Close"), 3),
        (LENGTH.replace(b"1.1", b"1.0"), 3),
    ],
    ids=["kept", "closed", "HTTP/1.0"],
)
def test_a_connection_is_used_again_unless_the_server_closes_it(
    serve: Callable[[Serve], int], answer: bytes, connections: int
) -> None:
    recorder = Recorder(answer, answer, answer)
    with Client(serve(recorder), None, 5) as client:
        assert [client.get("/").body for _ in range(3)] == [b"hello"] * 3
    assert recorder.connections == connections


def test_closing_makes_the_next_request_open_a_connection(serve: Callable[[Serve], int]) -> None:
    recorder = Recorder(LENGTH, LENGTH)
    with Client(serve(recorder), None, 5) as client:
        client.get("/")
        client.close()
        client.get("/")
    assert recorder.connections == 2


def test_a_lost_connection_is_not_tried_again_in_silence(serve: Callable[[Serve], int]) -> None:
    asked = []

    def reset(accepted: socket.socket) -> None:
        asked.append(accepted.recv(65536))
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with Client(serve(reset), None, 5) as client, pytest.raises(TransportError, match="connection lost"):
        client.get("/")
    assert len(asked) == 1


def test_an_order_is_marked_in_the_request(serve: Callable[[Serve], int]) -> None:
    recorder = Recorder(LENGTH)
    order = Order("r7", "user1-ff", "r7-0a", 42)
    with Client(serve(recorder), None, 5) as client:
        client.send("read_back", order)
    lines = recorder.asked[0].split("\r\n")
    assert lines[0] == "GET /read_back/ HTTP/1.1"
    assert set(mark(order).split("\r\n")) - {""} == {
        "X-Ctxstress-Request: r7",
        "X-Ctxstress-Token: r7-0a",
        "X-Ctxstress-User: user1-ff",
        "X-Ctxstress-Seed: 42",
    }
    assert set(mark(order).split("\r\n")) - {""} <= set(lines)
