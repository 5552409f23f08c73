"""The WSGI face keeps to its protocol, the ASGI face too, and both give the same answers."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.validate import validator

import pytest
from werkzeug.test import Client, create_environ

from harness.core.ports import GIVEN, Given
from harness.core.steps import PAUSE, Chunk, Script
from harness.framework import App, Response
from harness.framework.asgi import environ_of

Held = Callable[[App], list[object]]
Message = dict[str, Any]


class Connection:
    """One ASGI request from the server's side: hands out messages, then waits, and keeps what is sent."""

    def __init__(self, *messages: Message) -> None:
        self.messages = list(messages or [{"type": "http.request", "body": b"", "more_body": False}])
        self.sent: list[Message] = []
        self.hang_up = asyncio.Event()
        self.waiting = 0

    async def receive(self) -> Message:
        if self.messages:
            return self.messages.pop(0)
        self.waiting += 1
        try:
            await self.hang_up.wait()
        finally:
            self.waiting -= 1
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def have_sent(self, messages: int) -> None:
        """Wait until the app has sent so many messages."""
        for _ in range(10_000):
            if len(self.sent) >= messages:
                return
            await asyncio.sleep(0)
        raise AssertionError(f"only {self.sent} came")

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


def scope(path: str = "/", **more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 50000),
        **more,
    }


def exchange(app: App, sent: dict[str, Any], *messages: Message) -> Connection:
    connection = Connection(*messages)
    asyncio.run(app.asgi(sent, connection.receive, connection.send))
    return connection


@pytest.fixture(autouse=True)
def views(app: App) -> None:
    app.add_url_rule("/text", "text", lambda: "text")
    app.add_url_rule("/empty", "empty", lambda: ("", 204))
    app.add_url_rule("/folder/", "folder", lambda: "folder")
    app.add_url_rule("/pieces", "pieces", lambda: Response(iter([b"a", b"b"])))
    app.add_url_rule("/fail", "fail", lambda: 1 / 0)

    @app.route("/count")
    def count() -> str:
        app.session["visits"] = app.session.get("visits", 0) + 1
        return str(app.session["visits"])

    @app.route("/echo", methods=["POST"])
    def echo() -> bytes:
        return bytes(app.request.get_data())

    @app.route("/stream")
    def stream() -> Script[Script[None]]:
        yield PAUSE
        return app.stream_with_context(body())

    def body() -> Script[None]:
        for word in (b"one ", b"two ", app.request.path.encode()):
            yield Chunk(word)
            yield PAUSE


PATHS = ["/text", "/empty", "/folder/", "/folder", "/pieces", "/stream", "/count", "/fail", "/nowhere"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", PATHS)
def test_the_wsgi_face_keeps_to_the_protocol(app: App, path: str, method: str) -> None:
    sent: list[Any] = []

    def start_response(*head: Any) -> Callable[[bytes], object]:
        sent.append(head)
        return lambda data: None

    body: Any = validator(app)(create_environ(path, method=method), start_response)
    assert isinstance(b"".join(body), bytes)
    body.close()
    assert len(sent) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [path for path in PATHS if path != "/count"])
def test_both_faces_give_the_same_answer(app: App, path: str, method: str, held: Held) -> None:
    by_wsgi = Client(app).open(path, method=method, buffered=True)
    connection = exchange(app, scope(path, method=method))
    start, *rest = connection.sent
    assert start["type"] == "http.response.start"
    assert start["status"] == by_wsgi.status_code
    assert start["headers"] == [
        (name.lower().encode(), value.encode()) for name, value in by_wsgi.headers.to_wsgi_list()
    ]
    assert connection.body == by_wsgi.data
    assert [message.get("more_body", False) for message in rest] == [True] * (len(rest) - 1) + [False]
    assert held(app) == []


def test_the_asgi_face_streams_each_chunk_as_it_is_made(app: App) -> None:
    connection = exchange(app, scope("/stream"))
    assert [message["body"] for message in connection.sent[1:]] == [b"one ", b"two ", b"/stream", b""]


def test_the_asgi_face_reads_a_body_in_pieces(app: App) -> None:
    connection = exchange(
        app,
        scope("/echo", method="POST"),
        {"type": "http.request", "body": b"first ", "more_body": True},
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "body": b"last"},
    )
    assert connection.body == b"first last"


def test_a_client_that_goes_before_its_request_is_read_is_not_answered(app: App) -> None:
    connection = exchange(app, scope("/text"), {"type": "http.disconnect"})
    assert connection.sent == []


def test_a_disconnect_in_mid_stream_closes_the_body(app: App, held: Held) -> None:
    ended: list[str] = []

    async def run() -> Connection:
        connection = Connection()
        next_chunk = asyncio.Event()

        def body() -> Script[None]:
            try:
                while True:
                    yield Chunk(b"again ")
                    yield PAUSE
            finally:
                ended.append(app.request.path)
                next_chunk.set()

        app.add_url_rule("/endless", "endless", lambda: app.stream_with_context(body()))
        answering = asyncio.create_task(app.asgi(scope("/endless"), connection.receive, connection.send))
        await connection.have_sent(4)
        connection.hang_up.set()
        await answering
        return connection

    connection = asyncio.run(run())
    assert ended == ["/endless"]
    assert connection.sent[-1].get("more_body") is True, "nobody is there to be told of the end"
    assert held(app) == []


@pytest.mark.parametrize("sent", [1, 3])
def test_a_cancellation_in_mid_stream_closes_the_body_and_goes_through(app: App, sent: int) -> None:
    ended: list[type[BaseException]] = []

    def body() -> Script[None]:
        try:
            yield Chunk(b"once")
            while True:
                yield PAUSE
                if sent > 1:
                    yield Chunk(b"again")
        except BaseException as error:
            ended.append(type(error))
            raise

    async def run() -> Connection:
        connection = Connection()
        app.add_url_rule("/endless", "endless", lambda: app.stream_with_context(body()))
        answering = asyncio.create_task(app.asgi(scope("/endless"), connection.receive, connection.send))
        await connection.have_sent(1 + sent)
        answering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answering
        await asyncio.sleep(0)
        assert connection.waiting == 0, "nobody listens for the client any more"
        return connection

    asyncio.run(run())
    assert ended == [asyncio.CancelledError]


def test_a_body_is_closed_when_its_chunk_cannot_be_sent(app: App) -> None:
    ended: list[str] = []

    def body() -> Script[None]:
        try:
            yield Chunk(b"once")
        finally:
            ended.append("")

    async def send(message: Message) -> None:
        if message.get("body"):
            raise OSError("the client has gone")

    app.add_url_rule("/once", "once", lambda: app.stream_with_context(body()))
    with pytest.raises(OSError, match="the client has gone") as caught:
        asyncio.run(app.asgi(scope("/once"), Connection().receive, send))
    assert ended == [""]
    assert caught.tb is not None, "which keeps the body from being collected"


def test_a_cancellation_in_the_view_reaches_teardown(app: App) -> None:
    told: list[BaseException | None] = []
    app.teardown_request(told.append)

    async def endless() -> str:
        await asyncio.Event().wait()
        return ""

    app.add_url_rule("/endless", "endless", endless)

    async def run() -> None:
        connection = Connection()
        answering = asyncio.create_task(app.asgi(scope("/endless"), connection.receive, connection.send))
        for _ in range(5):
            await asyncio.sleep(0)
        answering.cancel()
        await answering

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
    assert [type(error) for error in told] == [asyncio.CancelledError]


def test_the_context_is_popped_before_the_last_of_a_response_is_sent(app: App, held: Held) -> None:
    at_send: list[tuple[bool, int]] = []

    async def run(path: str) -> None:
        connection = Connection()

        async def send(message: Message) -> None:
            at_send.append((message.get("more_body", False), len(held(app))))

        await app.asgi(scope(path), connection.receive, send)

    asyncio.run(run("/text"))
    assert at_send == [(False, 0), (False, 0)]
    at_send.clear()
    asyncio.run(run("/stream"))
    assert at_send[1:] == [(True, 2), (True, 2), (True, 2), (False, 0)]


def test_a_given_in_the_scope_performs_and_is_handed_on(app: App) -> None:
    performed: list[object] = []
    own: Any = object()

    async def perform(step: object) -> None:
        performed.append(step)

    def body() -> Script[None]:
        yield PAUSE
        yield Chunk(b"done")

    got: list[object] = []

    @app.route("/given")
    def given(own: object) -> Script[Script[None]]:
        got.append(own)
        yield PAUSE
        return body()

    connection = exchange(app, scope("/given", **{GIVEN: Given(own, perform)}))
    assert connection.body == b"done"
    assert got == [own]
    assert performed == [PAUSE, PAUSE]


def test_a_lifespan_is_answered(app: App) -> None:
    connection = exchange(
        app, {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
    )
    assert [message["type"] for message in connection.sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_other_connections_are_refused(app: App) -> None:
    with pytest.raises(NotImplementedError, match="answers http, not websocket"):
        exchange(app, {"type": "websocket"})


def test_a_scope_becomes_the_environ_that_says_the_same() -> None:
    environ = environ_of(
        scope(
            "/app/käse",
            root_path="/app",
            method="POST",
            query_string=b"x=1&y=%20",
            scheme="https",
            server=("example.test", 8443),
            http_version="2",
            headers=[
                (b"host", b"example.test:8443"),
                (b"content-type", b"text/plain"),
                (b"content-length", b"2"),
                (b"cookie", b"a=1"),
                (b"cookie", b"b=2"),
                (b"x-forwarded-for", b"1.1.1.1"),
                (b"x-forwarded-for", b"2.2.2.2"),
            ],
        ),
        b"ok",
    )
    expected = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/app",
        "PATH_INFO": "/käse".encode().decode("latin-1"),
        "QUERY_STRING": "x=1&y=%20",
        "SERVER_PROTOCOL": "HTTP/2",
        "SERVER_NAME": "example.test",
        "SERVER_PORT": "8443",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "2",
        "HTTP_HOST": "example.test:8443",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_X_FORWARDED_FOR": "1.1.1.1,2.2.2.2",
        "wsgi.url_scheme": "https",
    }
    assert {name: environ.get(name) for name in expected} == expected
    assert environ["wsgi.input"].read() == b"ok"


def test_middleware_goes_around_the_wsgi_face(app: App) -> None:
    inner = app.wsgi_app

    def shout(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return [piece.upper() for piece in inner(environ, start_response)]

    app.wsgi_app = shout  # type: ignore[method-assign]
    assert Client(app).get("/text").text == "TEXT"
