"""What Django does by itself: a session that ended meanwhile is not brought back, and its request is answered 400."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from harness.core.ambient import Ambient
from harness.core.history import History, Probe
from harness.core.names import load
from harness.core.ports import GIVEN, Given, Mounted
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE, Script
from localimpl import Unit


def view(app: Ambient, own: Probe) -> Script[str]:
    did = app.request.GET["do"]
    if did == "login":
        app.session["login"] = own.token
    elif did == "logout":
        app.session.clear()
    elif did == "rotate":
        app.session.rotate()
    elif did == "work":
        app.session["visited"] = own.token
        yield PAUSE
    return str(app.session.get("login"))


@pytest.fixture(scope="module")
def mounted() -> Mounted:
    from harness.targets.django_wsgi import mount
    from localimpl.contextvar import SUBJECT

    return mount(SUBJECT, Scenario("x", "A claim.", view))


def ask(
    mounted: Mounted, did: str, cookie: str, meanwhile: Callable[[], Any] = lambda: None
) -> tuple[str, str, str]:
    """Return status, answer and the cookie that the client has then; ``meanwhile`` is called at the view's pause."""
    environ = create_environ("/", query_string={"do": did}, headers={"Cookie": cookie})
    environ[GIVEN] = Given(Probe(History().record, did, did, "unit-1"), lambda step: meanwhile())
    pieces, status, headers = run_wsgi_app(mounted.wsgi, environ, buffered=True)
    return status, b"".join(pieces).decode(), headers.get("Set-Cookie", cookie).partition(";")[0]


def test_a_session_that_is_over_is_over_and_a_new_id_leaves_nothing_under_the_old(mounted: Mounted) -> None:
    _, _, before = ask(mounted, "login", "")
    assert ask(mounted, "look", before)[1] == "login"
    _, answer, after = ask(mounted, "rotate", before)
    assert (answer, ask(mounted, "look", before)[1], ask(mounted, "look", after)[1]) == (
        "login",
        "None",
        "login",
    )
    ask(mounted, "logout", after)
    assert ask(mounted, "look", after)[1] == "None"


@pytest.mark.parametrize("end", ["logout", "rotate"])
def test_a_request_whose_session_was_ended_meanwhile_is_refused(mounted: Mounted, end: str) -> None:
    _, _, cookie = ask(mounted, "login", "")
    status, *_ = ask(mounted, "work", cookie, meanwhile=lambda: ask(mounted, end, cookie))
    assert status == "400 Bad Request"
    assert ask(mounted, "look", cookie)[1] == "None"


@pytest.mark.parametrize(
    ("name", "units"), [("django_wsgi", {Unit.THREAD, Unit.GREENLET}), ("django_asgi", {Unit.TASK})]
)
def test_the_rows_say_so(name: str, units: set[Unit]) -> None:
    promise = load(f"harness.targets.{name}:SUBJECT").promise
    assert promise.isolates == units
    assert set(promise.exempt) == {
        (unit, scenario) for unit in units for scenario in ("session_logout", "session_rotation")
    }
