"""Sessions keep what was stored for one client, in a signed cookie or on the server, and nothing when they cannot."""

import secrets
import threading
from collections.abc import Callable, Iterator

import pytest
from werkzeug.test import Client, create_environ
from werkzeug.wrappers import Response

from harness.framework import App, Request
from harness.framework.sessions import (
    STORES,
    MemorySessions,
    NullSession,
    SessionInterface,
    SessionTooLarge,
    SignedCookieSessions,
    open_store,
)
from harness.framework.sessions.interface import COOKIE
from localimpl.contextvar import SUBJECT


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[SessionInterface]:
    opened = open_store(request.param, "a secret")
    yield opened
    if close := getattr(opened, "close", None):
        close()


def counting_app(store: str | SessionInterface, secret_key: str | None = "a secret") -> App:
    """An App that counts visits, forgets them, or does not look at the session."""
    app = App(SUBJECT, secret_key=secret_key, store=store)

    @app.route("/count")
    def count() -> str:
        app.session["visits"] = app.session.get("visits", 0) + 1
        return str(app.session["visits"])

    @app.route("/read")
    def read() -> str:
        return str(app.session.get("visits"))

    @app.route("/forget")
    def forget() -> str:
        app.session.clear()
        return ""

    app.add_url_rule("/aside", "aside", lambda: "")
    return app


def test_a_client_finds_what_it_stored_and_nobody_else_does(store: SessionInterface) -> None:
    app = counting_app(store)
    ann, bob = Client(app), Client(app)
    assert [ann.get("/count").text for _ in range(3)] == ["1", "2", "3"]
    assert bob.get("/read").text == "None"
    assert ann.get("/read").text == "3"


def test_a_session_that_is_emptied_takes_its_cookie_back(store: SessionInterface) -> None:
    app = counting_app(store)
    client = Client(app)
    client.get("/count")
    assert client.get_cookie(COOKIE) is not None
    client.get("/forget")
    assert client.get_cookie(COOKIE) is None
    assert client.get("/read").text == "None"


def test_a_response_says_that_it_depends_on_the_cookie_only_when_it_does(store: SessionInterface) -> None:
    client = Client(counting_app(store))
    client.get("/count")
    assert client.get("/read").headers["Vary"] == "Cookie"
    aside = client.get("/aside")
    assert "Vary" not in aside.headers
    assert "Set-Cookie" not in aside.headers


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(store: SessionInterface) -> None:
    cookie = Client(counting_app(store)).get("/count").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_an_untouched_session_is_neither_parsed_nor_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = counting_app("cookie")
    client = Client(app)
    client.get("/count")

    def fail(*_: object) -> None:
        raise AssertionError("the cookie was looked at")

    monkeypatch.setattr(Request, "cookies", property(fail))
    assert client.get("/aside").status_code == 200
    assert client.get("/read").status_code == 500


@pytest.mark.parametrize(
    "spoil",
    [
        # Not its last character: two of that one's bits are padding, and a change of these alone is none.
        lambda value: value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1],
        lambda value: "x" + value,
        lambda value: "",
        lambda value: "é.x.y",
    ],
    ids=["signature", "payload", "empty", "no signature at all"],
)
def test_a_tampered_cookie_is_a_new_session(spoil: Callable[[str], str]) -> None:
    client = Client(counting_app("cookie"))
    client.get("/count")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    client.set_cookie(COOKIE, spoil(cookie.value))
    assert client.get("/read").text == "None"
    assert client.get("/count").text == "1"


def test_a_session_that_no_browser_would_keep_is_refused() -> None:
    app = counting_app("cookie")

    @app.route("/large")
    def large() -> str:
        app.session["basket"] = secrets.token_urlsafe(5000)  # random, for it is compressed
        return ""

    client = Client(app)
    client.get("/count")
    answer = client.get("/large")
    assert answer.status_code == 500
    assert "Set-Cookie" not in answer.headers
    assert client.get("/read").text == "1"
    session = app.sessions.open_session(request_with(None))
    assert session is not None
    session["basket"] = secrets.token_urlsafe(5000)  # random, for it is compressed
    with pytest.raises(
        SessionTooLarge, match=r"of \d+ bytes is too large for the store cookie, which takes 4000"
    ):
        app.sessions.save_session(session, Response())


def test_of_a_cookie_that_is_too_long_to_be_ours_nothing_is_read() -> None:
    signer = SignedCookieSessions("a secret", most_bytes=100_000)
    session = signer.open_session(request_with(None))
    assert session is not None
    session["user"] = secrets.token_urlsafe(5000)
    response = Response()
    with pytest.warns(UserWarning, match="cookie is too large"):
        signer.save_session(session, response)
    long = response.headers["Set-Cookie"].partition(";")[0].removeprefix(f"{COOKIE}=")
    for sessions, found in ((signer, True), (SignedCookieSessions("a secret"), False)):
        again = sessions.open_session(request_with(long))
        assert again is not None
        assert ("user" in again) is found


def test_rotation_gives_a_signed_cookie_anew_and_cannot_end_the_old_one() -> None:
    app = counting_app("cookie")

    @app.route("/rotate")
    def rotate() -> str:
        app.session.rotate()
        app.session["user"] = "ann"
        return ""

    client = Client(app)
    client.get("/count")
    before = client.get_cookie(COOKIE)
    client.get("/rotate")
    after = client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    client.set_cookie(COOKIE, before.value)
    assert client.get("/read").text == "1", "what the row mini_cookie is exempt for has changed"


def test_a_cookie_signed_with_another_key_is_a_new_session() -> None:
    client = Client(counting_app("cookie", "another secret"))
    client.get("/count")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    ours = Client(counting_app("cookie"))
    ours.set_cookie(COOKIE, cookie.value)
    assert ours.get("/read").text == "None"


@pytest.mark.parametrize(("lifetime", "found"), [(100, "1"), (-1, "None")], ids=["young", "past its time"])
def test_a_cookie_ends_with_its_lifetime(lifetime: int, found: str) -> None:
    app = counting_app("cookie")
    client = Client(app)
    client.get("/count")
    app.sessions = SignedCookieSessions("a secret", lifetime)
    assert client.get("/read").text == found


def test_without_a_key_a_session_can_be_read_but_not_written() -> None:
    client = Client(counting_app("cookie", secret_key=None))
    assert client.get("/read").text == "None"
    assert client.get("/count").status_code == 500
    null = NullSession()
    with pytest.raises(RuntimeError, match="no secret key"):
        null["user"] = "ann"
    with pytest.raises(KeyError):
        del null["user"]


def test_the_server_side_id_is_random_and_tells_nothing() -> None:
    app = counting_app("memory")
    ids = set()
    for _ in range(20):
        client = Client(app)
        client.get("/count")
        cookie = client.get_cookie(COOKIE)
        assert cookie is not None
        ids.add(cookie.value)
    assert len(ids) == 20
    assert {len(each) for each in ids} == {22}, "16 random bytes in base64"


def test_an_id_that_the_server_does_not_know_is_not_taken_over() -> None:
    client = Client(counting_app("memory"))
    client.set_cookie(COOKIE, "chosen-by-somebody")
    client.get("/count")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.value != "chosen-by-somebody"


def request_with(cookie: str | None) -> Request:
    return Request(create_environ("/", headers={"Cookie": f"{COOKIE}={cookie}"} if cookie else {}))


def save(sessions: MemorySessions, cookie: str | None, **values: object) -> str:
    """Store values in the session of a cookie; the cookie that the client then has."""
    session = sessions.open_session(request_with(cookie))
    session.update(values)
    response = Response()
    sessions.save_session(session, response)
    assert session.key is not None
    return session.key


def test_two_requests_of_one_client_share_no_object() -> None:
    sessions = MemorySessions()
    key = save(sessions, None, basket=["apple"])
    one, two = (sessions.open_session(request_with(key)) for _ in range(2))
    one["basket"].append("pear")
    assert two["basket"] == ["apple"]
    one.modified = True
    sessions.save_session(one, Response())
    one["basket"].append("plum")
    assert sessions.open_session(request_with(key))["basket"] == ["apple", "pear"]


def test_the_store_drops_the_session_that_was_changed_longest_ago() -> None:
    sessions = MemorySessions(most=2)
    first, second = save(sessions, None, n=1), save(sessions, None, n=2)
    save(sessions, first, n=3)
    save(sessions, None, n=4)
    assert len(sessions) == 2
    assert dict(sessions.open_session(request_with(first))) == {"n": 3}
    assert dict(sessions.open_session(request_with(second))) == {}


def test_the_store_keeps_count_when_threads_save_at_once() -> None:
    sessions = MemorySessions(most=50)
    start = threading.Barrier(8)

    def save_many() -> None:
        start.wait()
        for number in range(100):
            save(sessions, None, n=number)

    threads = [threading.Thread(target=save_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sessions) == 50


def test_an_unknown_store_is_refused() -> None:
    with pytest.raises(ValueError, match="cookie, memory, sql, redis, redis_locked or a SessionInterface"):
        App(SUBJECT, store="mongo")


def test_flashes_reach_the_next_look_and_only_that(store: SessionInterface) -> None:
    app = App(SUBJECT, secret_key="a secret", store=store)

    @app.route("/save")
    def keep() -> str:
        app.flash("saved")
        app.flash("nearly full", "warning")
        return ""

    @app.route("/show")
    def show() -> str:
        first = app.get_flashed_messages()
        assert app.get_flashed_messages() == first
        return str(first)

    client = Client(app)
    client.get("/save")
    assert client.get("/show").text == "[('message', 'saved'), ('warning', 'nearly full')]"
    assert client.get("/show").text == "[]"
