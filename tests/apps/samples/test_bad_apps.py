"""Apps that cannot be judged: each has a clear outcome that is never green, and nothing of it goes on afterwards."""

import json
import signal
import socket
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from harness.apps.calls import Call, Flow, Traffic
from harness.apps.options import Asked, Budget, Place
from harness.apps.running import Running
from harness.core.app_record import AppRun, Sign
from harness.core.record import Ending
from harness.core.verdict import Outcome
from tests.doors.command import marked, start

WSGI = """
import os, sys, time

def app(environ, start_response):
    {first}
    start_response("{status}", [("Content-Type", "text/plain")])
    return [environ["QUERY_STRING"].encode()]
"""
COUNTED = """
import itertools
count = itertools.count()
"""
ASGI = """
import asyncio

async def app(scope, receive, send):
    assert scope["type"] == "http", scope["type"]
    await asyncio.sleep(0.002)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["query_string"]})
"""
FLASK = """
import time
from flask import Flask, request

def me():
    time.sleep(0.002)
    return request.args["user"]

def create_app():
    made = Flask(__name__)
    made.add_url_rule("/me", view_func=me)
    return made

app = create_app()
"""


def wsgi(first: str = "pass", status: str = "200 OK") -> str:
    return WSGI.format(first=first, status=status)


@dataclass(frozen=True)
class Case:
    code: str
    told: str
    """What the command says, blanks and line ends aside."""
    options: tuple[str, ...] = ("--app", "shop:app")
    exits: int = 2


def on(server: str) -> tuple[str, ...]:
    return ("--app", "shop:app", "--server", server)


CASES = {
    "a bad import": Case(
        "import no_such_package_anywhere", "no_such_package_anywhere is not installed there"
    ),
    "an import that fails": Case("1 / 0", "importing shop failed: ZeroDivisionError: division by zero"),
    "no such module": Case(wsgi(), "there is no module 'shoop'", ("--app", "shoop:app")),
    "a missing attribute": Case(wsgi(), "there is no 'aap' in shop", ("--app", "shop:aap")),
    "500 to everything": Case(wsgi(status="500 Oops"), "each request was answered 500, even one at a time"),
    "an error in everything": Case(
        wsgi("raise RuntimeError('the shelf is empty')"), "RuntimeError: the shelf is empty"
    ),
    "404 to everything": Case(
        wsgi("environ['QUERY_STRING'] = ''", "404 Not Found"), "each request was answered 404"
    ),
    "a missing variable": Case(
        "import os\nos.environ['SHOP_KEY']\n" + wsgi(), "the environment variable SHOP_KEY is not set"
    ),
    "an exit at import": Case("import sys\nsys.exit('no licence')", "sys.exit('no licence')"),
    "an end at import": Case("import os\nos._exit(3)", "code 3"),
    "an end at the first request": Case(wsgi("print('going under', flush=True); os._exit(4)"), "going under"),
    "an end under load": Case(
        COUNTED + wsgi("time.sleep(0.002); next(count) > 100 and os._exit(5)"), "exit code 5", exits=1
    ),
    "a number": Case("app = 42", "is an object of builtins.int, and neither a WSGI nor an ASGI app"),
    "Flask on an ASGI server": Case(FLASK, "uvicorn_asgi", on("uvicorn_asgi")),
    "ASGI on a WSGI server": Case(ASGI, "threaded_pool", on("threaded_pool")),
    "a factory that raises": Case(
        FLASK.replace("made = Flask", "raise ValueError('no shelf'); Flask"),
        "ValueError: no shelf",
        ("--app", "shop:create_app()"),
    ),
    "nothing at the URL": Case("", "nothing listens at", ("--url", "http://127.0.0.1:9")),
    "a URL elsewhere": Case("", "192.0.2.1", ("--url", "http://192.0.2.1:80")),
    "no such interpreter": Case(
        wsgi(),
        "--python nowhere/python: there is no interpreter",
        ("--app", "shop:app", "--python", "nowhere/python"),
    ),
    "a factory": Case(FLASK, "No answer held another's data", ("--app", "shop:create_app()"), exits=0),
    "an app of the other interface": Case(ASGI, "on uvicorn_asgi", exits=0),
    "noise on stdout": Case(
        wsgi("time.sleep(0.002); print('noise ' * 5); sys.stdout.write('{')"),
        "No answer held another's data",
        exits=0,
    ),
    "a flood of log lines": Case(
        wsgi("time.sleep(0.002); print('x' * 200_000, file=sys.stderr)"),
        "No answer held another's data",
        exits=0,
    ),
}


@pytest.fixture
def mark() -> Iterator[str]:
    mark = uuid4().hex
    yield mark
    deadline = time.monotonic() + 10
    while left := list(marked(mark)):
        assert time.monotonic() < deadline, f"it goes on: {left}"
        time.sleep(0.02)


def said_of(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_bad_app_has_a_clear_outcome(tmp_path: Path, mark: str, case: Case) -> None:
    (tmp_path / "shop.py").write_text(case.code)
    words = ("run", *case.options, "--request", "GET /me?user={token}", "--requests", "240", "--seconds", "5")
    with start(tmp_path, *words, mark=mark) as process:
        out, err = process.communicate(timeout=60)
    said = said_of(out + err)
    assert process.returncode == case.exits, said
    assert case.told in said
    # The app's own traceback stands among its last lines, on stdout; ours would be on stderr.
    assert "fault of its own" not in said
    assert "Traceback" not in err
    assert len(said) < 20_000
    if case.exits == 2 and "app.json" in said:
        record = json.loads((tmp_path / "reports" / "out" / "app.json").read_text())
        assert record["outcome"] == "inconclusive"
        assert record["reason"]


def test_a_port_that_an_app_takes_for_itself_may_be_in_use(tmp_path: Path, mark: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code = f"import socket\nsocket.create_server(('127.0.0.1', {taken.getsockname()[1]}))\n" + wsgi()
        (tmp_path / "shop.py").write_text(code)
        with start(tmp_path, "run", "--app", "shop:app", "--request", "GET /?{token}", mark=mark) as process:
            out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Address already in use" in said_of(out + err)


def test_the_record_alone_is_on_stdout_however_much_the_app_prints(tmp_path: Path, mark: str) -> None:
    (tmp_path / "shop.py").write_text(CASES["noise on stdout"].code)
    words = ("run", "--app", "shop:app", "--request", "GET /?{token}", "--requests", "240", "--json")
    with start(tmp_path, *words, mark=mark) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["outcome"] == "isolated"


def test_ctrl_c_half_way_writes_the_record(tmp_path: Path, mark: str) -> None:
    (tmp_path / "shop.py").write_text(wsgi("open('asked', 'a').write('x'); time.sleep(0.002)"))
    words = (
        "run",
        "--app",
        "shop:app",
        "--request",
        "GET /?{token}",
        "--out",
        "out",
        "--requests",
        "1000000",
    )
    with start(tmp_path, *words, "--seconds", "100", mark=mark) as process:
        asked = tmp_path / "asked"
        while not (asked.exists() and asked.stat().st_size > 300):
            assert process.poll() is None
            time.sleep(0.02)
        assert any(marked(mark))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    record = json.loads((tmp_path / "out" / "app.json").read_text())
    assert record["interrupted"] is True
    assert record["endpoints"][0]["answered"] > 100
    assert (tmp_path / "out" / "index.html").is_file()


def tried(folder: Path, code: str, **budget: object) -> AppRun:
    """Try an app with clients of little patience, in this process."""
    (folder / "shop.py").write_text(textwrap.dedent(code))
    place = Place(app="shop:app", server="harness.servers.threaded_pool:SERVER", app_dir=folder, cwd=folder)
    flow = Flow((Call("GET", "/?{token}"),))
    asked = Asked(place, Traffic((flow,)), replace(Budget(patience=0.5, requests=240, seconds=5.0), **budget))  # type: ignore[arg-type]
    before = psutil.Process().children(recursive=True)
    done = Running(asked, ("run",), {}, lambda *_: None).run()
    assert psutil.Process().children(recursive=True) == before
    return done


def test_an_app_that_hangs_is_told_with_the_place_where_it_stands(tmp_path: Path) -> None:
    done = tried(tmp_path, wsgi("time.sleep(60)"))
    assert (done.exit_code(), done.outcome, done.ending) == (2, Outcome.INCONCLUSIVE, Ending.JUDGED)
    assert done.reason.startswith("nothing was answered, even one request at a time: no answer within")
    assert "shop.py" in done.log


def test_an_app_that_hangs_only_under_load_is_mixed_up(tmp_path: Path) -> None:
    # Two requests at once hold what the other waits for.
    dead_lock = """
    import threading, time
    first, second, turn = threading.Lock(), threading.Lock(), iter(range(10**9))

    def app(environ, start_response):
        one, other = (first, second) if next(turn) % 2 else (second, first)
        with one:
            time.sleep(0.001)
            with other:
                start_response("200 OK", [])
                return [environ["QUERY_STRING"].encode()]
    """
    done = tried(tmp_path, dead_lock, clients=3)
    assert (done.exit_code(), done.outcome) == (1, Outcome.MIXED)
    assert {each.sign for each in done.sightings} == {Sign.UNANSWERED}
    assert "shop.py" in done.log


def test_what_ends_under_load_is_never_green_whatever_was_seen_before(tmp_path: Path) -> None:
    done = tried(tmp_path, COUNTED + wsgi("next(count) > 100 and os.abort()"))
    assert done.outcome is not Outcome.ISOLATED
    assert done.exit_code() in (1, 2)
    assert str(sys.executable) not in done.reason
