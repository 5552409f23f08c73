"""Contexts nest, travel to other units by copy, and tell when a stack is shared."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, create_environ

from harness.core.steps import PAUSE, Script, drive
from harness.framework import App
from harness.framework.contexts import Globals, SharedStackError
from harness.framework.signals import got_request_exception
from localimpl.contextvar import SUBJECT
from localimpl.greenlet_ident import SUBJECT as GREENLET_IDENT
from localimpl.thread_ident import SUBJECT as THREAD_IDENT

Held = Callable[[App], list[object]]
subjects = pytest.mark.parametrize(
    "subject", [SUBJECT, THREAD_IDENT, GREENLET_IDENT], ids=lambda subject: str(subject.name)
)


@pytest.mark.parametrize("name", ["request", "session", "g", "current_app"])
def test_outside_a_context_a_proxy_says_what_is_missing(app: App, name: str) -> None:
    with pytest.raises(RuntimeError, match="is current here; use it in a view"):
        getattr(app, name).anything  # noqa: B018


def test_proxies_stand_for_what_is_current() -> None:
    app = App(SUBJECT, secret_key="a secret")
    with app.test_request_context("/somewhere?x=1", method="POST"):
        assert app.request.path == "/somewhere"
        assert app.request.args["x"] == "1"
        assert app.request.method == "POST"
        assert app.current_app._get_current_object() is app
        app.session["user"] = app.g.user = "ann"
        assert (app.session["user"], app.g.user) == ("ann", "ann")


@subjects
def test_nested_application_contexts_each_have_a_g_of_their_own(subject: Any, held: Held) -> None:
    app = App(subject)
    with app.app_context():
        app.g.depth = "outer"
        with app.app_context():
            assert "depth" not in app.g
            app.g.depth = "inner"
        assert app.g.depth == "outer"
    assert held(app) == []


@subjects
def test_nested_requests_hide_the_outer_one_and_share_its_application_context(
    subject: Any, held: Held
) -> None:
    app = App(subject)
    torn_down: list[str] = []
    app.teardown_request(lambda error: torn_down.append(app.request.path))
    app.local.set("kept", "through nested contexts")
    with app.test_request_context("/outer"):
        app.g.user = "ann"
        with app.test_request_context("/inner"):
            assert (app.request.path, app.g.user) == ("/inner", "ann")
        assert app.request.path == "/outer"
        assert app.local.get("kept")
    assert torn_down == ["/inner", "/outer"]
    app.local.release()
    assert held(app) == []


def test_each_app_has_contexts_of_its_own(app: App) -> None:
    other = App(SUBJECT)
    with app.app_context(), other.app_context():
        app.g.user, other.g.user = "ann", "bob"
        assert (app.g.user, other.g.user) == ("ann", "bob")


def test_a_client_inside_a_context_sees_its_g_as_with_flask(app: App, client: Client) -> None:
    app.add_url_rule("/", "index", lambda: app.g.user)
    with app.app_context():
        app.g.user = "ann"
        assert client.get("/").text == "ann"
        assert app.g.user == "ann"


def test_leaving_by_an_error_tells_teardown_and_lets_it_through(app: App, held: Held) -> None:
    told: list[BaseException | None] = []
    app.teardown_appcontext(told.append)
    with pytest.raises(KeyError), app.app_context():
        raise KeyError("x")
    assert [type(error) for error in told] == [KeyError]
    assert held(app) == []


def test_contexts_that_are_not_nested_are_refused(app: App) -> None:
    first, second = app.app_context(), app.app_context()
    first.push()
    second.push()
    with pytest.raises(SharedStackError, match="another was on top"):
        drive(first.pop(), lambda step: None)


def test_a_request_whose_stack_is_shared_is_answered_and_reported(app: App) -> None:
    told: list[Exception] = []
    app.connect(got_request_exception, lambda app, exception: told.append(exception))
    app.add_url_rule("/", "index", lambda: app.request_contexts.pop() and "done")
    assert Client(app).get("/").text == "done"
    assert [type(error) for error in told] == [SharedStackError]
    assert "its stack was empty" in str(told[0])


def on_new_thread(function: Callable[[], Any]) -> Any:
    """The function's result or error, from a thread that inherits nothing."""
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def describe(app: App, more: str = "") -> str:
    return f"{app.request.path} {app.session['user']} {app.g.user}{more}"


def describe_in_steps(app: App, more: str = "") -> Script[str]:
    before = describe(app, more)
    yield PAUSE
    assert describe(app, more) == before
    return before


async def describe_async(app: App, more: str = "") -> str:
    await asyncio.sleep(0)
    return describe(app, more)


@subjects
@pytest.mark.parametrize(
    ("function", "finish"),
    [
        (describe, lambda result: result),
        (describe_in_steps, lambda result: drive(result, lambda step: None)),
        (describe_async, asyncio.run),
    ],
    ids=["plain", "script", "async"],
)
def test_a_copied_context_goes_along_to_a_thread(
    subject: Any, function: Any, finish: Callable[[Any], str], held: Held
) -> None:
    app = App(subject, secret_key="a secret")
    torn_down: list[object] = []
    app.teardown_request(torn_down.append)
    with app.test_request_context("/here"):
        app.session["user"] = app.g.user = "ann"
        bound = app.copy_current_request_context(function)
        assert on_new_thread(lambda: (finish(bound(app, more="!")), held(app)[2:])) == ("/here ann ann!", [])
        with pytest.raises(RuntimeError, match="no request is current"):
            on_new_thread(lambda: finish(function(app)))
        assert torn_down == []
    assert len(torn_down) == 1
    assert held(app) == []


def test_a_script_itself_can_be_bound(app: App, held: Held) -> None:
    with app.test_request_context("/here"):
        app.session["user"] = app.g.user = "ann"
        bound = app.copy_current_request_context(describe_in_steps(app))
    assert held(app) == []
    assert on_new_thread(lambda: drive(bound, lambda step: None)) == "/here ann ann"


def test_only_a_current_request_can_be_copied_or_kept(app: App) -> None:
    with pytest.raises(RuntimeError, match="no request is current"):
        app.copy_current_request_context(len)
    with pytest.raises(RuntimeError, match="no request is current"):
        app.stream_with_context(describe_in_steps(app))


def test_a_context_is_pushed_again_after_it_was_popped(app: App, held: Held) -> None:
    context = app.request_context(create_environ("/twice"))
    for _ in range(2):
        with context:
            assert app.request.path == "/twice"
        assert held(app) == []


def test_g_is_a_namespace() -> None:
    g = Globals()
    assert g.get("user") is None
    assert g.get("user", "nobody") == "nobody"
    assert g.setdefault("user", "ann") == "ann"
    assert g.setdefault("user", "bob") == "ann"
    assert "user" in g
    assert list(g) == ["user"]
    assert g.pop("user") == "ann"
    assert g.pop("user", None) is None
    with pytest.raises(KeyError):
        g.pop("user")
