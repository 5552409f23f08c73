"""Every store that keeps sessions on the server keeps the same word: on ids, rotation, log-out, expiry and size."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, create_environ
from werkzeug.wrappers import Response

from harness.framework import App, Request
from harness.framework.sessions import MemorySessions, Session, SessionTooLarge
from harness.framework.sessions.interface import COOKIE
from harness.framework.sessions.places import redis_url
from harness.framework.sessions.redis_locked import LockedRedisSessions
from harness.framework.sessions.redis_protocol import RedisSessions
from harness.framework.sessions.server_side import ServerSideSessions
from harness.framework.sessions.sql import SqlSessions
from localimpl.contextvar import SUBJECT

Make = Callable[..., ServerSideSessions]


SLOW = pytest.param("postgresql", marks=pytest.mark.slow)


@pytest.fixture(params=["memory", "sql", "redis", "redis_locked", SLOW])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes a store of each kind."""
    made: list[SqlSessions] = []

    def make_sql(**options: Any) -> SqlSessions:
        made.append(SqlSessions(f"sqlite:///{tmp_path}/sessions.sqlite", **options))
        return made[-1]

    def make_postgresql(**options: Any) -> SqlSessions:
        made.append(SqlSessions(request.getfixturevalue("postgresql"), **options))
        return made[-1]

    makers: dict[str, Make] = {
        "memory": MemorySessions,
        "sql": make_sql,
        "postgresql": make_postgresql,
        "redis": lambda **options: RedisSessions(redis_url(), **options),
        "redis_locked": lambda **options: LockedRedisSessions(redis_url(), **options),
    }
    yield makers[request.param]
    for store in made:
        store.close()


unlocked = pytest.mark.parametrize("make", ["memory", "sql", "redis", SLOW], indirect=True)
"""Of these, two requests can have one session at once."""
outside = pytest.mark.parametrize("make", ["sql", "redis", "redis_locked", SLOW], indirect=True)
"""These keep sessions outside the process."""


def coming(store: ServerSideSessions, cookie: str | None) -> Session:
    """The session of a request with this cookie."""
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    return store.open_session(Request(create_environ("/", headers=headers)))


def leaving(store: ServerSideSessions, session: Session) -> Response:
    """The answer with which the request ends."""
    response = Response()
    store.save_session(session, response)
    store.close_session(session)
    return response


def seen(store: ServerSideSessions, cookie: str) -> dict[str, object]:
    session = coming(store, cookie)
    values = dict(session)
    store.close_session(session)
    return values


def save(store: ServerSideSessions, cookie: str | None = None, **values: object) -> str:
    """Store values; the id under which they are then kept."""
    session = coming(store, cookie)
    session.update(values)
    leaving(store, session)
    assert session.key is not None
    return session.key


def test_what_is_saved_is_found_under_its_id_alone(make: Make) -> None:
    store = make()
    one, other = save(store, user="ann", basket=["apple", {"n": 1}]), save(store, user="bob")
    assert seen(store, one) == {"user": "ann", "basket": ["apple", {"n": 1}]}
    assert seen(store, other) == {"user": "bob"}
    assert save(store, one, user="eve") == one
    assert seen(store, one)["user"] == "eve"


def test_a_rotated_session_is_found_under_its_new_id_alone(make: Make) -> None:
    store = make()
    old = save(store, basket=["apple"])
    session = coming(store, old)
    session.rotate()
    session["user"] = "ann"
    response = leaving(store, session)
    assert session.key is not None
    assert session.key != old
    assert f"{COOKIE}={session.key};" in response.headers["Set-Cookie"]
    assert seen(store, session.key) == {"basket": ["apple"], "user": "ann"}
    assert seen(store, old) == {}


def test_a_rotation_without_a_change_is_one_too(make: Make) -> None:
    store = make()
    old = save(store, user="ann")
    session = coming(store, old)
    session.rotate()
    leaving(store, session)
    assert session.key not in (None, old)
    assert seen(store, old) == {}


def test_a_new_session_that_is_rotated_is_a_new_session(make: Make) -> None:
    store = make()
    session = coming(store, None)
    session.rotate()
    session["user"] = "ann"
    leaving(store, session)
    assert session.key is not None
    assert seen(store, session.key) == {"user": "ann"}


@unlocked
@pytest.mark.parametrize("late", ["changes it", "rotates it", "clears it"])
def test_who_is_late_does_not_bring_back_what_was_ended(late: str, make: Make) -> None:
    store = make()
    key = save(store, user="ann")
    slow, quick = coming(store, key), coming(store, key)
    assert (slow["user"], quick["user"]) == ("ann", "ann")
    quick.clear()
    leaving(store, quick)
    slow["visits"] = 1
    if late == "rotates it":
        slow.rotate()
    elif late == "clears it":
        slow.clear()
    response = leaving(store, slow)
    assert seen(store, key) == {}
    if late != "clears it":
        assert "Set-Cookie" not in response.headers, "the client would be given a session that is none"
    assert slow.key in (key, None)


@unlocked
def test_of_two_rotations_at_once_one_counts(make: Make) -> None:
    store = make()
    key = save(store, user="ann")
    first, second = coming(store, key), coming(store, key)
    for session in (first, second):
        session.rotate()
    leaving(store, first)
    response = leaving(store, second)
    assert "Set-Cookie" not in response.headers
    assert first.key is not None
    assert seen(store, first.key) == {"user": "ann"}
    assert seen(store, key) == {}


def test_a_session_ends_with_its_time(make: Make) -> None:
    store = make(lifetime=1)
    key = save(store, user="ann")
    assert seen(store, key) == {"user": "ann"}
    session = coming(store, key)
    assert session["user"] == "ann"
    time.sleep(1.1)
    session["user"] = "eve"
    leaving(store, session)
    assert seen(store, key) == {}, "a late save brought it back"


@outside
def test_a_save_gives_it_its_whole_time_again(make: Make) -> None:
    long, short = make(lifetime=1000), make(lifetime=1)
    key = save(short, user="ann")
    save(long, key, visits=1)
    time.sleep(1.1)
    assert seen(short, key) == {"user": "ann", "visits": 1}


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "x",
        "../../etc/passwd",
        "a" * 21,
        "a" * 23,
        "a" * 100_000,
        "é" * 22,
        "'; DROP TABLE x; --     ",
        "*" * 22,
    ],
    ids=["empty", "short", "path", "one less", "one more", "oversized", "not ascii", "sql", "pattern"],
)
def test_what_is_no_id_of_ours_is_asked_of_no_store(
    cookie: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make()

    def fail(key: str) -> None:
        raise AssertionError(f"the store was asked for {key!r}")

    monkeypatch.setattr(store, "load", fail)
    session = coming(store, cookie)
    assert dict(session) == {}
    session["user"] = "ann"
    leaving(store, session)
    assert session.key != cookie


def test_an_id_that_is_not_alive_is_not_taken_over(make: Make) -> None:
    store = make()
    assert save(store, "A" * 22, user="ann") != "A" * 22
    assert seen(store, "A" * 22) == {}


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '"text"', "\x01"])
def test_what_is_damaged_in_the_store_is_a_new_session(text: str, make: Make) -> None:
    store = make()
    key = save(store, user="ann")
    store.replace(key, text)
    assert seen(store, key) == {}


def test_a_session_that_is_too_large_is_refused_and_the_one_before_kept(make: Make) -> None:
    store = make(most_bytes=100)
    key = save(store, user="ann")
    session = coming(store, key)
    session["user"] = "a" * 200
    with pytest.raises(
        SessionTooLarge, match=r"a session of 211 bytes is too large for the store \w+, which"
    ):
        store.save_session(session, Response())
    store.close_session(session)
    assert seen(store, key) == {"user": "ann"}


def test_an_app_answers_what_cannot_be_kept_with_an_error(make: Make) -> None:
    app = App(SUBJECT, store=make(most_bytes=100))

    @app.route("/large")
    def large() -> str:
        app.session["user"] = "a" * 200
        return ""

    @app.route("/strange")
    def strange() -> str:
        app.session["user"] = object()
        return ""

    client = Client(app)
    for path in ("/large", "/strange"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "Set-Cookie" not in answer.headers


def test_ids_are_random_and_tell_nothing(make: Make) -> None:
    store = make()
    ids = {save(store, n=n) for n in range(20)}
    assert len(ids) == 20
    assert {len(each) for each in ids} == {22}, "16 random bytes in base64"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@outside
def test_an_app_made_before_its_server_forks_serves_in_each_process(make: Make) -> None:
    store = make()
    key = save(store, user="ann")
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(sending, str(seen(store, key)).encode())
            save(store, key, user="eve")
        finally:
            os._exit(0)
    os.close(sending)
    assert os.waitpid(pid, 0)[1] == 0
    with os.fdopen(receiving) as said:
        assert said.read() == "{'user': 'ann'}"
    assert seen(store, key) == {"user": "eve"}
