"""Views and hooks of any colour give the same answers; errors find their handlers; rules find their views."""

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound, abort
from werkzeug.routing import Map, Rule
from werkzeug.test import Client, create_environ

from harness.core.ports import Given
from harness.core.steps import PAUSE, Chunk, Offload, Script, drive, drive_async
from harness.framework import App, Response
from harness.framework.performers import on_this_task, without_pausing
from harness.framework.signals import got_request_exception
from localimpl.contextvar import SUBJECT


def get(app: App, path: str = "/", given: Given | None = None) -> tuple[int, str]:
    """Status and body of a request that runs on a task, where functions of all colours can."""
    response = asyncio.run(drive_async(app.respond(create_environ(path), given), on_this_task))
    return response.status_code, response.get_data(as_text=True)


def plain(work: Callable[[], Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: work()


def script(work: Callable[[], Any]) -> Callable[..., Any]:
    def view(*args: Any, **kwargs: Any) -> Script[Any]:
        yield PAUSE
        return work()

    return view


def native(work: Callable[[], Any]) -> Callable[..., Any]:
    async def view(*args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return work()

    return view


colours = pytest.mark.parametrize("colour", [plain, script, native])


@colours
def test_functions_of_each_colour_serve_in_every_place(app: App, colour: Any) -> None:
    ran: list[str] = []
    app.before_first_request(colour(lambda: ran.append("first")))
    app.on_started(colour(lambda: ran.append("started")))
    app.before_request(colour(lambda: ran.append("before")))
    app.add_url_rule("/", "index", colour(fail))
    app.errorhandler(ZeroDivisionError)(colour(lambda: "handled"))
    app.after_request(colour(lambda: Response("signed")))
    app.on_finished(colour(lambda: ran.append("finished")))
    app.teardown_request(colour(lambda: ran.append("teardown")))
    app.teardown_appcontext(colour(lambda: ran.append("appcontext")))
    assert get(app) == (200, "signed")
    assert ran == ["first", "started", "before", "finished", "teardown", "appcontext"]


def fail() -> str:
    raise ZeroDivisionError("planned")


@colours
@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ("text", (200, "text")),
        (b"bytes", (200, "bytes")),
        (("gone", 410), (410, "gone")),
        (("gone", "410 REALLY GONE"), (410, "gone")),
        ((b"", 204), (204, "")),
        (Response("made", status=201), (201, "made")),
        (NotFound("nothing here").get_response(), (404, None)),
        (NotFound("nothing here"), (404, None)),
    ],
    ids=["str", "bytes", "status", "status line", "empty", "Response", "Werkzeug's response", "HTTP error"],
)
def test_what_a_view_returns_becomes_the_answer(app: App, colour: Any, result: Any, answer: Any) -> None:
    app.add_url_rule("/", "index", colour(lambda: result))
    status, body = get(app)
    assert status == answer[0]
    assert body == answer[1] if answer[1] is not None else "nothing here" in body


@pytest.mark.parametrize("result", [None, 7, {"a": 1}, ("a", 200, "too much")])
def test_what_is_no_answer_is_an_error_that_says_so(app: App, result: object) -> None:
    told: list[Exception] = []
    app.connect(got_request_exception, lambda app, exception: told.append(exception))
    app.add_url_rule("/", "index", lambda: result)
    assert get(app)[0] == 500
    assert "return a string, bytes, (body, status), a Response" in str(told[0])


def test_a_script_is_told_from_a_streamed_body_by_how_its_view_is_written(app: App) -> None:
    def chunks(*words: bytes) -> Iterator[Chunk]:
        for word in words:
            yield Chunk(word)

    def view(start: str) -> Script[str]:
        yield PAUSE
        return f"{start} view"

    @functools.wraps(view)
    def wrapped() -> Any:
        return view("wrapped")

    class Object:
        def __call__(self) -> Script[str]:
            return (yield from view("object's"))

    app.add_url_rule("/body", "body", lambda: chunks(b"a ", b"body"))
    app.add_url_rule("/partial", "partial", functools.partial(view, "partial"))
    app.add_url_rule("/wrapped", "wrapped", wrapped)
    app.add_url_rule("/object", "object", Object())
    client = Client(app)
    assert [client.get(path).text for path in ("/body", "/partial", "/wrapped", "/object")] == [
        "a body",
        "partial view",
        "wrapped view",
        "object's view",
    ]


def test_an_async_view_on_a_thread_is_refused_with_advice(app: App) -> None:
    told: list[Exception] = []
    app.connect(got_request_exception, lambda app, exception: told.append(exception))
    made: list[Any] = []

    def index() -> Any:
        made.append(native(lambda: "")())
        return made[0]

    app.add_url_rule("/", "index", index)
    assert Client(app).get("/").status_code == 500
    assert "use the ASGI face" in str(told[0])
    assert inspect.getcoroutinestate(made[0]) == inspect.CORO_CLOSED


def test_a_step_that_needs_units_says_that_nobody_performs_it(app: App) -> None:
    told: list[Exception] = []
    app.connect(got_request_exception, lambda app, exception: told.append(exception))

    @app.route("/")
    def index() -> Script[str]:
        return str((yield Offload(lambda: 1)))

    assert Client(app).get("/").status_code == 500
    assert get(app)[0] == 500
    assert [str(error).partition(",")[0] for error in told] == [
        "Offload needs a performer that knows units"
    ] * 2
    with pytest.raises(TypeError, match="Offload needs a performer"):
        without_pausing(Offload(lambda: 1))


class Broken(Exception):
    pass


class ReallyBroken(Broken):
    pass


@pytest.mark.parametrize(
    ("error", "registered", "answer"),
    [
        (ReallyBroken(), [Broken], "Broken"),
        (ReallyBroken(), [Broken, ReallyBroken], "ReallyBroken"),
        (ReallyBroken(), [ReallyBroken, Exception], "ReallyBroken"),
        (Broken(), [ReallyBroken, Exception], "Exception"),
        (NotFound(), [404], "404"),
        (NotFound(), [HTTPException], "HTTPException"),
        (NotFound(), [HTTPException, 404, Exception], "404"),
        (NotFound(), [410], None),
        (Broken(), [500], "500"),
        (Broken(), [InternalServerError], "InternalServerError"),
        (Broken(), [500, Broken], "Broken"),
    ],
    ids=str,
)
def test_the_nearest_error_handler_answers(
    app: App, error: Exception, registered: list[Any], answer: str | None
) -> None:
    def index() -> str:
        raise error

    app.add_url_rule("/", "index", index)
    for what in registered:
        name = what.__name__ if isinstance(what, type) else str(what)
        app.errorhandler(what)(lambda error, name=name: name)
    status, body = get(app)
    assert (status, body) == (200, answer) if answer else (404, body)


def test_a_handler_for_500_gets_the_original_error(app: App) -> None:
    app.add_url_rule("/", "index", fail)
    app.errorhandler(500)(lambda error: (repr(error.original_exception), 500))
    assert get(app) == (500, "ZeroDivisionError('planned')")


def test_a_handler_that_fails_is_answered_with_a_plain_500(app: App) -> None:
    app.add_url_rule("/", "index", fail)
    app.errorhandler(500)(lambda error: fail())
    assert get(app)[0] == 500


@pytest.mark.parametrize(("what", "kind"), [(200, ValueError), ("404", TypeError), (int, TypeError)])
def test_a_handler_for_what_is_no_error_is_refused(app: App, what: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"HTTP error status|an HTTP status or an exception class"):
        app.errorhandler(what)


def test_rules_find_their_views_and_arguments(app: App, client: Client) -> None:
    @app.route("/users/<name>/<int:year>")
    def user(name: str, year: int) -> str:
        assert app.request.view_args == {"name": name, "year": year}
        return f"{name} {year + 1}"

    @app.route("/made", methods=["POST"])
    def made() -> str:
        return str(app.request.form["what"])

    app.add_url_rule("/folder/", "folder", lambda: "folder")
    app.add_url_rule("/gone", "gone", lambda: abort(410))
    assert client.get("/users/ann/1999").text == "ann 2000"
    assert client.post("/made", data={"what": "tea"}).text == "tea"
    assert client.get("/made").status_code == 405
    assert client.get("/nowhere").status_code == 404
    assert client.get("/gone").status_code == 410
    redirect = client.get("/folder?page=2")
    assert (redirect.status_code, redirect.headers["Location"]) == (308, "http://localhost/folder/?page=2")


def test_a_redirect_of_routing_is_no_error_to_be_handled(app: App, client: Client) -> None:
    app.add_url_rule("/folder/", "folder", lambda: "folder")
    app.errorhandler(HTTPException)(lambda error: "handled")
    assert client.get("/folder").status_code == 308
    assert client.get("/nowhere").text == "handled"


def test_a_location_is_made_fit_for_the_wire(app: App, client: Client) -> None:
    app.add_url_rule("/", "index", lambda: Response("text", headers={"Location": "/käse"}))
    assert client.get("/").headers["Location"] == "/k%C3%A4se"


def test_redirects_go_to_the_host_that_was_asked(app: App, client: Client) -> None:
    app.add_url_rule("/folder/", "folder", lambda: "folder")
    for number in range(200):
        host = f"host{number % 70}.test"
        assert client.get("/folder", headers={"Host": host}).headers["Location"] == f"http://{host}/folder/"
    assert len(app._adapters) <= 64


def test_apps_share_rules_and_each_answers_with_its_own_view() -> None:
    rules = Map([Rule("/<int:number>", endpoint="page", methods=["GET"])])
    apps = [App(SUBJECT, url_map=rules), App(SUBJECT, url_map=rules)]

    @apps[0].endpoint("page")
    def one(number: int) -> str:
        return f"one {number}"

    @apps[1].endpoint("page")
    def other(number: int) -> Script[str]:
        yield PAUSE
        return f"other {number}"

    assert [Client(app).get("/7").text for app in apps] == ["one 7", "other 7"]
    assert [Client(app).post("/7").status_code for app in apps] == [405, 405]
    assert Client(apps[0]).get("/seven").status_code == 404
    apps[0].add_url_rule("/more", "more", lambda: "more")
    assert [Client(app).get("/more").status_code for app in apps] == [200, 404]
    assert [Client(app).get("/7").text for app in apps] == ["one 7", "other 7"]
    assert len(list(rules.iter_rules())) == 1


def test_two_views_cannot_share_an_endpoint(app: App) -> None:
    app.add_url_rule("/", "index", fail)
    app.add_url_rule("/again", "index", fail)
    with pytest.raises(ValueError, match="two views for the endpoint 'index'"):
        app.add_url_rule("/other", "index", len)


def test_what_is_given_reaches_every_function_as_keywords() -> None:
    app = App(SUBJECT)
    got: list[tuple[str, dict[str, Any]]] = []

    def keep(place: str, result: Any = None) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            got.append((place, kwargs))
            return result

        return function

    app.before_first_request(keep("first"))
    app.on_started(keep("started"))
    app.before_request(keep("before"))
    app.add_url_rule("/<name>", "view", keep("view", "done"))
    app.after_request(keep("after", Response("done")))
    app.teardown_request(keep("teardown"))
    app.teardown_appcontext(keep("appcontext"))
    own: Any = object()
    assert get(app, "/x", Given(own, on_this_task, {"more": 1})) == (200, "done")
    assert dict(got) == {
        place: {"own": own, "more": 1, **extra}
        for place, extra in {
            "first": {},
            "started": {},
            "before": {},
            "view": {"name": "x"},
            "after": {},
            "teardown": {},
            "appcontext": {},
        }.items()
    }


def test_pauses_of_a_request_are_performed_in_order_by_whoever_drives_it(app: App) -> None:
    @app.route("/")
    def index() -> Script[str]:
        answers = [(yield PAUSE), (yield Offload(fail))]
        return str(answers)

    steps: list[object] = []

    def perform(step: object) -> int:
        steps.append(step)
        return len(steps)

    response = drive(app.respond(create_environ("/")), perform)
    assert response.get_data(as_text=True) == "[1, 2]"
    assert [type(step).__name__ for step in steps] == ["Pause", "Offload"]
