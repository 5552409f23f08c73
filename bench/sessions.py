"""What a session costs in each store, beside Flask's signed cookie and Flask-Session on the same server or file."""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import flask
import flask_session  # type: ignore[import-untyped]
import redis
from werkzeug.test import create_environ

from harness.framework import Request, Response
from harness.framework.sessions import MemorySessions, SessionInterface, SignedCookieSessions
from harness.framework.sessions.redis_locked import LockedRedisSessions
from harness.framework.sessions.redis_protocol import RedisSessions
from harness.framework.sessions.sql import SqlSessions
from harness.framework.sessions.valkey import Valkey

Visit = Callable[[dict[str, Any]], Response | flask.Response]
"""Opens the session of a request with this environ, counts a visit in it, and saves it to the answer returned."""

TARGET = 0.8
"""Our rate is to be at least this part of the other's, where there is another."""


def ours(store: SessionInterface) -> Visit:
    """Return a visit to a store of ours."""

    def visit(environ: dict[str, Any]) -> Response:
        session = store.open_session(Request(environ))
        assert session is not None
        session["visits"] = session.get("visits", 0) + 1
        response = Response()
        store.save_session(session, response)
        store.close_session(session)
        return response

    return visit


def theirs(**configuration: Any) -> Visit:
    """Return a visit to Flask's signed cookie or, configured, to a store of Flask-Session."""
    app = flask.Flask(__name__, static_folder=None)
    app.secret_key = "secret"
    if configuration:
        app.config.from_mapping(configuration)
        if "SESSION_SQLALCHEMY" in configuration:
            configuration["SESSION_SQLALCHEMY"].init_app(app)
        flask_session.Session(app)
    interface = app.session_interface

    def visit(environ: dict[str, Any]) -> flask.Response:
        session = interface.open_session(app, flask.Request(environ))
        assert session is not None
        session["visits"] = session.get("visits", 0) + 1
        response = flask.Response()
        interface.save_session(app, session, response)
        return response

    def within(environ: dict[str, Any]) -> flask.Response:
        with app.app_context():
            return visit(environ)

    return within


def rate(visit: Visit, visits: int) -> float:
    """Return the visits of one client in a second, after making sure that each found what the last left behind."""
    cookie = ""
    began = time.perf_counter()
    for _ in range(visits):
        environ = create_environ("/", headers={"Cookie": cookie} if cookie else {})
        told = visit(environ).headers.get("Set-Cookie")
        if told:
            cookie = told.partition(";")[0]
    seconds = time.perf_counter() - began
    assert cookie, "no session was kept"
    return visits / seconds


def pairs(folder: Path, stack: ExitStack) -> dict[str, tuple[Visit, Visit | None]]:
    """Return, by name, a store of ours and what somebody would use instead."""
    import flask_sqlalchemy
    from cachelib import SimpleCache

    valkey = Valkey()
    stack.callback(valkey.close)
    client = redis.Redis.from_url(valkey.url)
    stack.callback(client.close)
    database = flask_sqlalchemy.SQLAlchemy()
    sql = SqlSessions(f"sqlite:///{folder}/ours.sqlite")
    stack.callback(sql.close)

    return {
        "cookie": (ours(SignedCookieSessions("secret")), theirs()),
        "memory": (
            ours(MemorySessions()),
            theirs(SESSION_TYPE="cachelib", SESSION_CACHELIB=SimpleCache(default_timeout=1000)),
        ),
        "sql": (
            ours(sql),
            theirs(
                SESSION_TYPE="sqlalchemy",
                SESSION_SQLALCHEMY=database,
                SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/theirs.sqlite",
            ),
        ),
        "redis": (ours(RedisSessions(valkey.url)), theirs(SESSION_TYPE="redis", SESSION_REDIS=client)),
        "redis_locked": (ours(LockedRedisSessions(valkey.url)), None),
    }


def main() -> None:
    """Print the rates and their ratios; each ratio is the median of rounds in which both took turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=500, help="visits of one round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for name, (mine, other) in pairs(Path(folder), stack).items():
            rates = [
                (rate(mine, arguments.visits), rate(other, arguments.visits) if other else 0.0)
                for _ in range(arguments.rounds)
            ]
            found[name] = {"ours": median(one for one, _ in rates)}
            if other:
                found[name]["theirs"] = median(two for _, two in rates)
                found[name]["ratio"] = median(one / two for one, two in rates)
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    print(
        f"{'store':<14} {'ours':>9} {'theirs':>9} {'ratio':>6}   (visits a second; each opens, changes and saves)"
    )
    for name, row in found.items():
        compared = f"{row['theirs']:9.0f} {row['ratio']:6.2f}" if "ratio" in row else f"{'–':>9} {'–':>6}"
        print(f"{name:<14} {row['ours']:9.0f} {compared}")


if __name__ == "__main__":
    main()
