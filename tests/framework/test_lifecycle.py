"""Each request passes the phases in order, and leaves nothing behind however it ends."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import Client, create_environ

from harness.core.ports import Given
from harness.core.steps import PAUSE, Script, drive
from harness.framework import App, Request, Response
from harness.framework.contexts import RequestContext
from harness.framework.sessions import Session, SessionInterface
from harness.framework.signals import (
    appcontext_popped,
    appcontext_pushed,
    got_request_exception,
    request_finished,
    request_started,
    request_tearing_down,
)
from localimpl import Subject
from localimpl.contextvar import SUBJECT
from localimpl.thread_ident import SUBJECT as THREAD_IDENT

Held = Callable[[App], list[object]]


class Noting(SessionInterface):
    """A store that notes when it is asked."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note

    def open_session(self, request: Request) -> Session:
        self.note("open_session")
        return Session(lambda: ({}, None))

    def save_session(self, session: Session, response: Any) -> None:
        self.note("save_session")


class Watched(App):
    """An App that notes every phase."""

    def __init__(self, subject: Subject) -> None:
        self.phases: list[str] = []
        note = self.phases.append
        super().__init__(subject, store=Noting(note))
        self.connect(appcontext_pushed, lambda app: note("appcontext_pushed"))
        self.connect(request_started, lambda app: note("request_started"))
        self.connect(request_finished, lambda app, response: note("request_finished"))
        self.connect(request_tearing_down, lambda app, exc: note("request_tearing_down"))
        self.connect(appcontext_popped, lambda app: note("appcontext_popped"))
        self.before_first_request(lambda: note("before_first_request"))
        for which in ("one", "two"):
            self.before_request(lambda which=which: note(f"before_request {which}"))
            self.after_request(lambda response, which=which: (note(f"after_request {which}"), response)[1])
            self.teardown_request(lambda error, which=which: note(f"teardown_request {which}"))
        self.teardown_appcontext(lambda error: note("teardown_appcontext"))

        @self.route("/")
        def index() -> str:
            self.session["seen"] = True
            note("view")
            return "done"

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.phases.append("wsgi_app")
        return super().wsgi_app(environ, start_response)

    def request_context(self, *args: Any) -> RequestContext:
        self.phases.append("request_context")
        return super().request_context(*args)

    def match_request(self, request: Request) -> None:
        self.phases.append("match_request")
        super().match_request(request)

    def full_dispatch_request(self, context: RequestContext) -> Script[Response]:
        self.phases.append("full_dispatch_request")
        return (yield from super().full_dispatch_request(context))

    def finalize_request(self, context: RequestContext, result: Any) -> Script[Response]:
        self.phases.append("finalize_request")
        return (yield from super().finalize_request(context, result))


def test_a_request_passes_the_phases_in_order() -> None:
    app = Watched(SUBJECT)
    assert Client(app).get("/").text == "done"
    assert app.phases == [
        "wsgi_app",
        "request_context",
        "appcontext_pushed",
        "open_session",
        "match_request",
        "full_dispatch_request",
        "before_first_request",
        "request_started",
        "before_request one",
        "before_request two",
        "view",
        "finalize_request",
        "after_request two",
        "after_request one",
        "save_session",
        "request_finished",
        "teardown_request two",
        "teardown_request one",
        "request_tearing_down",
        "teardown_appcontext",
        "appcontext_popped",
    ]


def test_the_second_request_differs_only_in_what_comes_once() -> None:
    app = Watched(SUBJECT)
    Client(app).get("/")
    first = app.phases.copy()
    app.phases.clear()
    Client(app).get("/")
    assert app.phases == [phase for phase in first if phase != "before_first_request"]


def test_storage_holds_the_two_contexts_under_the_units_ident_and_nothing_afterwards(held: Held) -> None:
    app = App(THREAD_IDENT)
    seen: list[Any] = []

    @app.route("/")
    def index() -> str:
        app.local.set("user", "ann")
        seen.extend([app.request_contexts.snapshot(), app.app_contexts.snapshot(), app.local.snapshot()])
        seen.extend([app.request_contexts.top, app.app_contexts.top])
        return ""

    Client(app).get("/")
    requests, apps, values, request_context, app_context = seen
    ident = threading.get_ident()
    assert requests == {ident: {"stack": [request_context]}}
    assert apps == {ident: {"stack": [app_context]}}
    assert values == {ident: {"user": "ann"}}
    assert request_context.request.path == "/"
    assert held(app) == []


def break_view(app: App) -> None:
    app.views["index"] = (fail, False)


def break_session(app: App) -> None:
    app.sessions = Noting(lambda phase: fail() if phase == "open_session" else None)


def break_saving(app: App) -> None:
    app.sessions = Noting(lambda phase: fail() if phase == "save_session" else None)


def fail(*args: object, **facts: object) -> None:
    raise ZeroDivisionError("planned")


PLACES: dict[str, Callable[[App], object]] = {
    "open_session": break_session,
    "before_first_request": lambda app: app.before_first_request(fail),
    "request_started": lambda app: app.on_started(fail),
    "before_request": lambda app: app.before_request(fail),
    "view": break_view,
    "after_request": lambda app: app.after_request(fail),
    "save_session": break_saving,
    "request_finished": lambda app: app.on_finished(fail),
    "teardown_request": lambda app: app.teardown_request(fail),
    "request_tearing_down": lambda app: app.connect(request_tearing_down, fail),
    "teardown_appcontext": lambda app: app.teardown_appcontext(fail),
    "appcontext_popped": lambda app: app.connect(appcontext_popped, fail),
}


@pytest.mark.parametrize("subject", [SUBJECT, THREAD_IDENT], ids=lambda subject: str(subject.name))
@pytest.mark.parametrize("place", PLACES)
def test_an_error_anywhere_is_answered_with_500_and_leaves_nothing(
    place: str, subject: Subject, held: Held
) -> None:
    app = App(subject, secret_key="a secret")
    told: list[BaseException] = []
    app.connect(got_request_exception, lambda app, exception: told.append(exception))

    @app.route("/")
    def index() -> str:
        app.local.set("user", "ann")
        app.session["seen"] = True
        return "done"

    assert Client(app).get("/").text == "done"
    PLACES[place](app)
    if place == "before_first_request":
        app._first_done = False
    assert Client(app).get("/").status_code == 500
    assert ZeroDivisionError in map(type, told)
    assert held(app) == []


def test_each_teardown_function_runs_though_others_raise(app: App, client: Client, held: Held) -> None:
    ran: list[str] = []
    app.teardown_request(lambda error: ran.append("first registered"))
    app.teardown_request(fail)
    app.teardown_request(lambda error: ran.append("last registered"))
    app.teardown_appcontext(lambda error: ran.append("appcontext"))
    app.add_url_rule("/", "index", lambda: "done")
    assert client.get("/").status_code == 500
    assert ran == ["last registered", "first registered", "appcontext"]
    assert held(app) == []


def test_teardown_is_told_of_an_error_only_when_nobody_handled_it(app: App, client: Client) -> None:
    told: list[BaseException | None] = []
    app.teardown_request(told.append)
    app.errorhandler(KeyError)(lambda error: "handled")

    @app.route("/<kind>")
    def index(kind: str) -> str:
        raise KeyError(kind) if kind == "handled" else ValueError(kind)

    assert client.get("/handled").text == "handled"
    assert client.get("/unhandled").status_code == 500
    assert told[0] is None
    assert isinstance(told[1], ValueError)


def test_a_before_request_function_that_answers_skips_the_view(app: App, client: Client) -> None:
    app.add_url_rule("/", "index", fail)
    app.before_request(lambda: ("closed", 503))
    app.before_request(fail)
    answer = client.get("/")
    assert (answer.status_code, answer.text) == (503, "closed")


class Cut(BaseException):
    """What cuts a unit short, as a cancellation does."""


def test_what_cuts_a_request_short_goes_through_after_teardown(app: App, held: Held) -> None:
    told: list[BaseException | None] = []
    pauses = iter([Cut()])

    @app.route("/")
    def index() -> Script[str]:
        app.local.set("user", "ann")
        yield PAUSE
        return "never"

    @app.teardown_request
    def close(error: BaseException | None) -> Script[None]:
        yield PAUSE
        told.append(error)

    def perform(step: object) -> None:
        for cut in pauses:
            raise cut

    with pytest.raises(Cut):
        drive(app.respond(create_environ("/")), perform)
    assert [type(error) for error in told] == [Cut]
    assert held(app) == []


def test_a_request_that_is_dropped_at_a_pause_is_torn_down(app: App, held: Held) -> None:
    told: list[BaseException | None] = []

    @app.route("/")
    def index() -> Iterator[object]:
        yield PAUSE

    @app.teardown_request
    def close(error: BaseException | None) -> Script[None]:
        yield PAUSE
        told.append(error)

    script = app.respond(create_environ("/"))
    next(script)
    assert len(held(app)) == 2
    script.close()
    assert [type(error) for error in told] == [GeneratorExit]
    assert held(app) == []


def test_an_error_in_teardown_does_not_hide_what_cut_the_request_short(app: App, held: Held) -> None:
    app.teardown_request(fail)

    @app.route("/")
    def index() -> Iterator[object]:
        yield PAUSE

    script = app.respond(create_environ("/"))
    next(script)
    with pytest.raises(Cut):
        script.throw(Cut())
    assert held(app) == []


def test_an_unhandled_error_is_logged_where_nobody_else_keeps_a_record(
    app: App, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_url_rule("/", "index", fail)
    own: Any = object()
    assert drive(app.respond(create_environ("/"), Given(own, lambda step: None)), fail).status_code == 500
    assert caplog.records == []
    client.get("/")
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]
