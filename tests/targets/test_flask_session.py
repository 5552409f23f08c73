"""Why the rows of Flask-Session promise nothing where a session is ended under load: a late save brings it back."""

from collections.abc import Callable, Iterator
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

# Flask-Session asks for the time in a way that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

STORES = ["redis", "sqlalchemy", "filesystem"]


def view(app: Ambient, own: Probe) -> Script[str]:
    did = app.request.args["do"]
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


def ask(
    mounted: Mounted, did: str, cookie: str, meanwhile: Callable[[], Any] = lambda: None
) -> tuple[str, str]:
    """Return the answer and the cookie that the client has then; ``meanwhile`` is called at the view's pause."""
    environ = create_environ("/", query_string={"do": did}, headers={"Cookie": cookie})
    environ[GIVEN] = Given(Probe(History().record, did, did, "unit-1"), lambda step: meanwhile())
    pieces, status, headers = run_wsgi_app(mounted.wsgi, environ, buffered=True)
    assert status == "200 OK"
    return b"".join(pieces).decode(), headers.get("Set-Cookie", cookie).partition(";")[0]


@pytest.fixture(params=STORES)
def mounted(request: pytest.FixtureRequest) -> Iterator[Mounted]:
    mount = load(f"harness.targets.flask_session_{request.param}:TARGET").mount
    found = mount(None, Scenario("x", "A claim.", view))
    yield found
    if "sqlalchemy" in found.flask.extensions:
        with found.flask.app_context():
            found.flask.extensions["sqlalchemy"].engine.dispose()


def test_a_session_that_is_over_is_over_and_a_new_id_leaves_nothing_under_the_old(mounted: Mounted) -> None:
    _, before = ask(mounted, "login", "")
    assert ask(mounted, "look", before)[0] == "login"
    answer, after = ask(mounted, "rotate", before)
    assert (answer, ask(mounted, "look", before)[0], ask(mounted, "look", after)[0]) == (
        "login",
        "None",
        "login",
    )
    ask(mounted, "logout", after)
    assert ask(mounted, "look", after)[0] == "None"


@pytest.mark.parametrize("end", ["logout", "rotate"])
def test_a_request_that_was_under_way_brings_a_session_back_that_was_ended(
    mounted: Mounted, end: str
) -> None:
    _, cookie = ask(mounted, "login", "")
    ask(mounted, "work", cookie, meanwhile=lambda: ask(mounted, end, cookie))
    assert ask(mounted, "look", cookie)[0] == "login"


@pytest.mark.parametrize("store", STORES)
def test_the_rows_say_so(store: str) -> None:
    promise = load(f"harness.targets.flask_session_{store}:SUBJECT").promise
    assert set(promise.exempt) == {
        (unit, name)
        for unit in (Unit.THREAD, Unit.GREENLET)
        for name in ("session_logout", "session_rotation")
    }
