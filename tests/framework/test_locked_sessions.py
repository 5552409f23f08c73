"""A store that locks lets one request at a time have a session: no update is lost, and no lock outlives its request."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import Client, run_wsgi_app
from werkzeug.test import create_environ as environ

from harness.core.steps import PAUSE, Chunk, Script
from harness.framework import App
from harness.framework.sessions.places import redis_url
from harness.framework.sessions.redis_locked import LOCK, LockedRedisSessions
from harness.framework.sessions.redis_protocol import RedisSessions
from localimpl.contextvar import SUBJECT

Store = Callable[..., LockedRedisSessions]


@pytest.fixture
def store() -> Iterator[LockedRedisSessions]:
    made = LockedRedisSessions(redis_url(), wait=60.0)
    yield made
    made.close()


def counting(sessions: RedisSessions) -> App:
    """An App that counts slowly, and looks at the session in all the ways in which a request can end."""
    app = App(SUBJECT, store=sessions)

    @app.route("/count")
    def count() -> str:
        before = app.session.get("count", 0)
        time.sleep(0.005)
        app.session["count"] = before + 1
        return str(before + 1)

    @app.route("/read")
    def read() -> str:
        return str(app.session.get("count"))

    @app.route("/rotate")
    def rotate() -> str:
        app.session.rotate()
        return ""

    @app.route("/leave")
    def leave() -> str:
        app.session.clear()
        return ""

    @app.route("/fail")
    def fail() -> str:
        app.session["count"] = -1
        raise ValueError("the view went wrong")

    @app.route("/large")
    def large() -> str:
        app.session["count"] = "1" * 100_000
        return ""

    @app.route("/give-up")
    def give_up() -> str:
        app.session["count"] = -1
        raise KeyboardInterrupt

    @app.route("/stream")
    def stream() -> Script[None]:
        def body() -> Script[None]:
            yield Chunk(str(app.session.get("count")).encode())
            yield PAUSE
            yield Chunk(b"never sent")

        return app.stream_with_context(body())

    return app


def locks(store: LockedRedisSessions, cookie: str) -> int:
    return int(store.client.exists(LOCK + cookie))


def started(app: App) -> tuple[Client, str]:
    client = Client(app)
    client.get("/count")
    cookie = client.get_cookie("session")
    assert cookie is not None
    return client, cookie.value


def count_at_once(app: App, cookie: str, requests: int) -> int:
    """How many of the changes of 8 threads are still there afterwards."""

    def visit(_: int) -> int:
        client = Client(app)
        client.set_cookie("session", cookie)
        answer = client.get("/count")
        assert answer.status_code == 200, answer.text
        return int(answer.text)

    with ThreadPoolExecutor(8) as pool:
        return max(pool.map(visit, range(requests)))


def test_every_update_counts(store: LockedRedisSessions) -> None:
    app = counting(store)
    _, cookie = started(app)
    assert count_at_once(app, cookie, 80) == 81


def test_without_a_lock_updates_are_lost() -> None:
    app = counting(RedisSessions(redis_url()))
    _, cookie = started(app)
    assert count_at_once(app, cookie, 80) < 81


@pytest.mark.parametrize("path", ["/count", "/read", "/rotate", "/leave", "/fail", "/large"])
def test_the_lock_ends_with_its_request(path: str, store: LockedRedisSessions) -> None:
    client, cookie = started(counting(store))
    client.get(path)
    assert locks(store, cookie) == 0


def test_the_lock_ends_with_a_request_that_was_cut_short(store: LockedRedisSessions) -> None:
    client, cookie = started(counting(store))
    with pytest.raises(KeyboardInterrupt):
        client.get("/give-up")
    assert locks(store, cookie) == 0
    assert client.get("/read").text == "1", "what was cut short was saved"


def test_the_lock_ends_when_the_client_hangs_up_on_a_streamed_body(store: LockedRedisSessions) -> None:
    app = counting(store)
    _, cookie = started(app)
    body, _, _ = run_wsgi_app(app, environ("/stream", headers={"Cookie": f"session={cookie}"}))
    assert next(iter(body)) == b"1"
    assert locks(store, cookie) == 1
    body.close()  # type: ignore[attr-defined]
    assert locks(store, cookie) == 0


def test_a_dead_id_is_not_kept_locked(store: LockedRedisSessions) -> None:
    client = Client(counting(store))
    client.set_cookie("session", "A" * 22)
    assert client.get("/read").text == "None"
    assert locks(store, "A" * 22) == 0


def test_who_waits_too_long_is_told(store: LockedRedisSessions) -> None:
    client, cookie = started(counting(LockedRedisSessions(redis_url(), wait=0.05)))
    store.client.set(LOCK + cookie, "somebody")
    answer = client.get("/read")
    assert answer.status_code == 503
    assert answer.text.endswith(
        "did not get a session within 0.05 s: another request of its client had it all the time\n"
    )
    assert store.client.get(LOCK + cookie) == "somebody", "who did not get the lock released it"
    store.client.delete(LOCK + cookie)
    assert client.get("/read").text == "1"


def test_the_lock_of_one_that_died_ends_by_itself() -> None:
    store = LockedRedisSessions(redis_url(), expiry=0.5)
    client, cookie = started(counting(store))
    assert store._take(cookie, "one that died")
    assert client.get("/count").text == "2"
    store.close()


def test_who_had_a_session_for_too_long_overwrites_nothing() -> None:
    store = LockedRedisSessions(redis_url(), expiry=0.5)
    app = counting(store)
    client, cookie = started(app)

    @app.route("/sleep")
    def sleep() -> str:
        before: Any = app.session["count"]
        time.sleep(0.6)
        quick = Client(app)
        quick.set_cookie("session", cookie)
        assert quick.get("/count").text == "2"
        app.session["count"] = before + 100
        return ""

    answer = client.get("/sleep")
    assert answer.status_code == 503
    assert "took a session back from a request that had it for over 0.5 s" in answer.text
    assert client.get("/read").text == "2"
    store.close()
