"""A store that is down, slow, locked or asked for in vain gives a clear answer, soon, and the cell says it."""

import os
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client

from harness.core.errors import UserError
from harness.core.verdict import Grade
from harness.engine.job import Options
from harness.framework import App
from harness.framework.sessions import SessionInterface, StoreUnavailable
from harness.framework.sessions.places import REDIS_URL
from harness.framework.sessions.redis_locked import LockedRedisSessions
from harness.framework.sessions.redis_protocol import RedisSessions
from harness.framework.sessions.sql import SqlSessions
from harness.framework.sessions.unavailable import without_password
from harness.framework.sessions.valkey import Valkey
from harness.runs import Recorder, execute
from harness.selection import Asked, select
from localimpl.contextvar import SUBJECT

KINDS = [RedisSessions, LockedRedisSessions]


class Silence:
    """A socket on which connections are taken, counted and never answered."""

    def __init__(self) -> None:
        self.connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        try:
            while True:
                self.connections.append(self._listener.accept()[0])
        except OSError:
            pass

    def close(self) -> None:
        self._listener.close()
        for connection in self.connections:
            connection.close()


@pytest.fixture
def silence() -> Iterator[Silence]:
    made = Silence()
    yield made
    made.close()


def visiting(store: SessionInterface) -> Client:
    """A client of an app that counts visits in the session."""
    app = App(SUBJECT, store=store)

    @app.route("/")
    def visit() -> str:
        app.session["visits"] = app.session.get("visits", 0) + 1
        return str(app.session["visits"])

    @app.route("/aside")
    def aside() -> str:
        return "nobody looks at the session here"

    return Client(app)


def refused(client: Client) -> str:
    """What the app says of a store that is out of reach."""
    answer = client.get("/")
    assert answer.status_code == 503
    assert answer.mimetype == "text/plain"
    assert "Set-Cookie" not in answer.headers
    return answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_was_killed_is_named_without_its_password(kind: type[RedisSessions]) -> None:
    valkey = Valkey()
    client = visiting(kind(valkey.url))
    assert client.get("/").text == "1"
    assert client.get("/").text == "2"
    valkey.close()
    password = valkey.url.split(":")[2].split("@")[0]
    said = refused(client)
    assert said.startswith(f"the session store {kind.name} at redis://:***@127.0.0.1:")
    assert "Connection refused" in said
    assert password not in said
    assert client.get("/aside").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_never_answers_is_given_up_once_for_all(
    kind: type[RedisSessions], silence: Silence
) -> None:
    place = f"redis://127.0.0.1:{silence.port}/0"
    client = visiting(kind(place, patience=0.5))
    client.set_cookie("session", "A" * 22)
    said = {refused(client) for _ in range(20)}
    assert said == {f"the session store {kind.name} at {place} did not answer within 0.5 s\n"}
    assert len(silence.connections) == 1, "each request waited for itself"


def test_a_server_that_falls_silent_is_given_up_until_it_answers_again() -> None:
    valkey = Valkey()
    store = RedisSessions(valkey.url, patience=0.2)
    client = visiting(store)
    assert client.get("/").text == "1"
    pid = store.client.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    assert refused(client).endswith("did not answer within 0.2 s\n")
    os.kill(pid, signal.SIGCONT)
    time.sleep(0.25)
    assert client.get("/").text == "2"
    valkey.close()


def test_a_save_that_fails_is_not_tried_again_for_the_page_that_says_so() -> None:
    class Full(RedisSessions):
        saves = 0

        def create(self, key: str, text: str) -> None:
            self.saves += 1
            raise self.unavailable("is full")

    store = Full("redis://127.0.0.1:1/0")
    assert refused(visiting(store)) == "the session store redis at redis://127.0.0.1:1/0 is full\n"
    assert store.saves == 1


def test_a_locked_file_is_waited_for_and_then_named(tmp_path: Path) -> None:
    file = tmp_path / "sessions.sqlite"
    store = SqlSessions(f"sqlite:///{file}", patience=0.2)
    client = visiting(store)
    assert client.get("/").text == "1"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    said = refused(client)
    assert said == f"the session store sql at sqlite:///{file} cannot be used: database is locked\n"
    other.execute("COMMIT")
    other.close()
    time.sleep(0.25)
    assert client.get("/").text == "2"
    store.close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nowhere/at/all/sessions.sqlite", "unable to open database file"),
        ("postgresql+psycopg://ann:secret@127.0.0.1:1/shop", "onnection refused"),
        (
            "postgresql+pg8000://ann:secret@127.0.0.1:1/shop",
            "needs the package pg8000, which is not installed",
        ),
    ],
)
def test_a_database_that_is_not_there_is_named_without_its_password(url: str, reason: str) -> None:
    pytest.importorskip("psycopg", reason="the extra `stores` is not installed")
    said = refused(visiting(SqlSessions(url)))
    assert said.startswith(f"the session store sql at {url.replace('secret', '***')} ")
    assert reason in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SqlSessions("nonsense"), "'nonsense' is no URL of a database that SQLAlchemy knows"),
        (
            lambda: SqlSessions("mongodb://ann:secret@host/x"),
            "'mongodb://ann:\\*\\*\\*@host/x' is no URL of a database",
        ),
        (
            lambda: RedisSessions("http://:secret@host:1"),
            "'http://:\\*\\*\\*@host:1' is no URL of a Redis server",
        ),
        (lambda: RedisSessions("redis://host:port"), "'redis://host:port' is no URL of a Redis server"),
    ],
)
def test_a_url_that_cannot_be_one_is_refused_at_once(make: Callable[[], SessionInterface], said: str) -> None:
    with pytest.raises(UserError, match=said):
        make()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://:secret@host/0", "redis://:***@host/0"),
        ("rediss://ann:secret@host:1/0?timeout=1", "rediss://ann:***@host:1/0?timeout=1"),
        ("redis://host/0?db=1&password=secret&x=1", "redis://host/0?db=1&password=***&x=1"),
        ("sqlite:////tmp/a.sqlite", "sqlite:////tmp/a.sqlite"),
        ("postgresql+psycopg://ann:se%40cret@host/shop", "postgresql+psycopg://ann:***@host/shop"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_the_error_is_none_that_a_view_takes_for_an_empty_session() -> None:
    assert not issubclass(StoreUnavailable, LookupError | AttributeError | RuntimeError | OSError)


@pytest.mark.parametrize("place", ["host", "server"])
def test_a_cell_whose_store_never_answers_says_so(
    place: str, silence: Silence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, REDIS_URL, f"redis://127.0.0.1:{silence.port}/0")
    asked = Asked(
        targets=("mini_redis",),
        hosts=("threads",) if place == "host" else (),
        servers=("threaded",) if place == "server" else (),
        scenarios=("session_many_clients",),
    )
    run = execute(
        Recorder(select(asked), Options(requests=40, http_requests=40), "ctxstress run", asked), print
    )
    (result,) = run.cells
    assert result.grade is Grade.UNPROVEN
    assert result.evidence.failed == result.sent >= 40
    assert "did not answer within 2 s" in result.troubles[0].text
    assert run.exit_code() == 2
