"""A streamed body is made after the view returned, keeps its context when asked to, and ends early when closed."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import Client, create_environ, run_wsgi_app

from harness.core.ports import GIVEN, Given
from harness.core.steps import PAUSE, Chunk, Script, drive
from harness.framework import App, Response
from harness.framework.wrappers import Body

Held = Callable[[App], list[object]]


@pytest.fixture
def log(app: App) -> SimpleNamespace:
    """Mount ``/with`` and ``/without`` a context, and ``/aside``, which drops the body; log how each ends."""
    seen = SimpleNamespace(steps=[], ends=[], torn_down=[])

    def body() -> Script[None]:
        try:
            yield Chunk(b"path ")
            seen.steps.append((yield PAUSE))
            yield Chunk(app.request.path.encode())
            yield Chunk(f" user {app.local.get('user')}".encode())
        finally:
            seen.ends.append(len(seen.torn_down))

    def begin() -> None:
        app.local.set("user", "ann")

    @app.route("/with")
    def with_context() -> Any:
        begin()
        return app.stream_with_context(body())

    @app.route("/wrapped")
    def wrapped() -> Any:
        begin()
        kept = app.stream_with_context(body())

        def around() -> Script[None]:
            yield Chunk(b"<")
            yield from kept
            yield Chunk(b">")

        return around(), 203

    @app.route("/without")
    def without_context() -> Any:
        begin()
        return body()

    @app.route("/aside")
    def aside() -> str:
        begin()
        app.stream_with_context(body())
        return "no body"

    @app.route("/error")
    def error() -> str:
        begin()
        kept = app.stream_with_context(body())
        raise ZeroDivisionError(kept)

    app.teardown_request(seen.torn_down.append)
    return seen


def test_a_body_runs_in_its_requests_context(
    client: Client, app: App, log: SimpleNamespace, held: Held
) -> None:
    answer = client.get("/with")
    assert answer.text == "path /with user ann"
    assert "Content-Length" not in answer.headers
    assert log.torn_down == [None]
    assert log.ends == [0], "the body ended before the teardown"
    assert held(app) == []


def test_a_body_may_be_wrapped_again(client: Client, app: App, log: SimpleNamespace, held: Held) -> None:
    answer = client.get("/wrapped")
    assert (answer.status_code, answer.text) == (203, "<path /wrapped user ann>")
    assert log.torn_down == [None]
    assert held(app) == []


def test_without_the_context_the_request_is_over_when_the_body_begins(app: App, log: SimpleNamespace) -> None:
    iterable, status, _ = run_wsgi_app(app, create_environ("/without"))
    assert status == "200 OK"
    assert log.torn_down == [None]
    pieces = iter(iterable)
    assert next(pieces) == b"path "
    with pytest.raises(RuntimeError, match="no request is current"):
        next(pieces)


def test_nothing_is_made_before_the_client_takes_it(app: App, log: SimpleNamespace, held: Held) -> None:
    performed: list[object] = []
    environ = create_environ("/given")
    own: Any = None
    environ[GIVEN] = Given(own, performed.append)
    app.request_teardowns.clear()
    app.add_url_rule("/given", "given", lambda own: app.views["with_context"][0]())
    pieces = iter(app(environ, lambda status, headers: None))
    assert performed == []
    assert next(pieces) == b"path "
    assert performed == []
    assert next(pieces) == b"/given"
    assert performed == [PAUSE], "by the performer that the view had"
    assert len(held(app)) == 3
    assert list(pieces) == [b" user ann"]
    assert held(app) == []


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_client_that_hangs_up_ends_the_body_there(
    app: App, log: SimpleNamespace, held: Held, taken: int
) -> None:
    body: Any = app(create_environ("/with"), lambda status, headers: None)
    for _ in range(taken):
        next(body)
    body.close()
    assert log.ends == ([0] if taken else []), "a body that never began has nothing to end"
    assert [type(error) for error in log.torn_down] == [GeneratorExit]
    assert held(app) == []
    body.close()
    assert len(log.torn_down) == 1


@pytest.mark.parametrize("path", ["/aside", "/error"])
def test_a_kept_body_that_is_not_the_answer_lets_go(
    app: App, client: Client, log: SimpleNamespace, held: Held, path: str
) -> None:
    client.get(path)
    assert len(log.torn_down) == 1
    assert held(app) == []


def test_a_kept_body_lets_go_when_a_handler_answers_and_keeps_the_error(
    app: App, client: Client, log: SimpleNamespace, held: Held
) -> None:
    errors: list[Exception] = []

    @app.errorhandler(ZeroDivisionError)
    def answer(error: Exception) -> str:
        errors.append(error)
        return "handled"

    assert client.get("/error").text == "handled"
    assert len(log.torn_down) == len(errors) == 1
    assert held(app) == []


@pytest.mark.parametrize("hook", ["after_request", "on_finished"])
def test_a_kept_body_lets_go_when_a_hook_fails(app: App, log: SimpleNamespace, held: Held, hook: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    getattr(app, hook)(fail)
    assert Client(app).get("/with").status_code == 500
    assert len(log.torn_down) == 1
    assert held(app) == []


def test_head_gets_no_body_and_leaves_no_context(
    client: Client, app: App, log: SimpleNamespace, held: Held
) -> None:
    answer = client.head("/with")
    assert (answer.status_code, answer.text) == (200, "")
    answer.close()
    assert len(log.torn_down) == 1
    assert held(app) == []


def test_an_error_in_the_body_reaches_teardown_and_the_server(app: App, client: Client, held: Held) -> None:
    told: list[BaseException | None] = []
    app.teardown_request(told.append)

    def body() -> Script[None]:
        yield Chunk(b"so far")
        raise KeyError("broken off")

    app.add_url_rule("/", "index", lambda: app.stream_with_context(body()))
    answer = client.get("/")
    with pytest.raises(KeyError, match="broken off"):
        answer.get_data()
    assert [type(error) for error in told] == [KeyError]
    assert held(app) == []


def test_an_error_at_a_step_is_raised_inside_the_body() -> None:
    def body() -> Script[None]:
        try:
            yield PAUSE
        except TimeoutError:
            yield Chunk(b"late")

    def perform(step: object) -> None:
        raise TimeoutError

    made = Body(body())
    assert drive(made.next_chunk(), perform) == b"late"
    assert drive(made.next_chunk(), perform) is None
    assert drive(made.next_chunk(), perform) is None


def test_a_body_dropped_at_a_step_is_closed() -> None:
    ended: list[str] = []

    def body() -> Script[None]:
        try:
            yield PAUSE
        finally:
            ended.append("")

    made = Body(body())
    waiting = made.next_chunk()
    next(waiting)
    waiting.close()
    assert ended == [""]


def test_functions_called_on_close_are_called(app: App) -> None:
    closed: list[str] = []

    @app.route("/")
    def index() -> Response:
        response = Response("text")
        response.call_on_close(lambda: closed.append(""))
        return response

    body: Any = app(create_environ("/"), lambda status, headers: None)
    assert b"".join(body) == b"text"
    assert closed == []
    body.close()
    assert closed == [""]
