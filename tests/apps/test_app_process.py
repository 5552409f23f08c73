"""Somebody's own app in a process of its own: served and stamped, and explained when it does not come up."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.apps.app_process import LARGEST_LOG, AppAtUrl, AppProcess
from harness.core.errors import UserError
from harness.core.verdict import Anomaly
from harness.probe.middleware import MARK

WSGI = """
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]
"""
ASGI = """
    async def app(scope, receive, send):
        assert scope["type"] == "http", scope["type"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})
"""
WSGI_SERVERS = ("wsgiref_single", "threaded_pool", "gevent_pywsgi")


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., AppProcess]:
    """Write the code of an app into ``shop.py`` and return its process, not started."""

    def process(
        code: str = WSGI, server: str = "threaded_pool", app: str = "shop:app", **options: Any
    ) -> AppProcess:
        (tmp_path / "shop.py").write_text(textwrap.dedent(code))
        return AppProcess(app=app, server=f"harness.servers.{server}:SERVER", app_dir=tmp_path, **options)

    return process


def ask(port: int, path: str = "/", mark: str = "") -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={MARK: mark} if mark else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        body: bytes = answer.read()
    return body.decode()


def failure(process: AppProcess) -> str:
    before = psutil.Process().children(recursive=True)
    with pytest.raises(UserError) as caught:
        process.start()
    assert psutil.Process().children(recursive=True) == before
    return str(caught.value)


def wait_until(true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def all_left(app: AppProcess) -> bool:
    app.journal.read()
    return app.journal.unanswered == ()


@pytest.mark.parametrize("server", [*WSGI_SERVERS, "uvicorn_asgi"])
def test_an_app_is_served_and_its_requests_are_stamped(shop: Any, server: str) -> None:
    with shop(ASGI if server == "uvicorn_asgi" else WSGI, server) as app:
        assert ask(app.port, "/a", "u1v1.0") == "/a"
        assert ask(app.port, "/b") == "/b"
        assert ask(app.port, "/c", "u2v1.0") == "/c"
        assert wait_until(lambda: all_left(app))  # a client may have its answer before
        assert app.journal.relation("u2v1.0", "u1v1") is Anomaly.STALE
        kind = {"gevent_pywsgi": "greenlet", "uvicorn_asgi": "task"}.get(server, "thread")
        assert app.journal.unit("u1v1.0") == f"{kind}-0"
        # Of a pool any thread may take the second; one thread takes both, and each has a greenlet or task of its own.
        same = app.journal.unit("u2v1.0") == app.journal.unit("u1v1.0")
        assert server == "threaded_pool" or same is (server == "wsgiref_single")
        assert app.journal.reuse(["u1v1.0", "u2v1.0"]) == same
    assert not app.alive()


@pytest.mark.parametrize(
    "name", ["shop", "shop:make_app", "shop:make_app()", "shop:Class()", "shop:site.inner", "shop:Class"]
)
def test_apps_are_found_by_name_by_factory_and_by_class(shop: Any, name: str) -> None:
    code = """
        from types import SimpleNamespace
        class Class:
            def __call__(self, environ, start_response):
                start_response("200 OK", [])
                return [b"found"]
        def make_app(config=None):
            return Class()
        site = SimpleNamespace(inner=Class())
    """
    with shop(code, app=name) as app:
        assert ask(app.port) == "found"


def test_an_app_sees_its_own_directory_variables_and_nothing_of_ours(shop: Any, tmp_path: Path) -> None:
    code = """
        import os, sys
        def app(environ, start_response):
            start_response("200 OK", [])
            text = f"{os.getcwd()} {os.environ['COLOUR']} {sys.path[0]} {sys.stdin.read()!r} {len(sys.argv)}"
            return [text.encode()]
    """
    (tmp_path / "work").mkdir()
    with shop(code, env={"COLOUR": "red"}, cwd=tmp_path / "work") as app:
        assert ask(app.port) == f"{tmp_path}/work red {tmp_path} '' 1"


ENDINGS = [
    ("import shopp", "shopp is not installed there"),
    (
        "import os\nos.environ['SHOP_KEY']",
        "the environment variable SHOP_KEY is not set; set it with --env SHOP_KEY=VALUE",
    ),
    ("raise ValueError('Set the environment variable SHOP_KEY.')", "--env SHOP_KEY=VALUE"),
    ("{}['SHOP_KEY']", "importing shop failed: KeyError: 'SHOP_KEY'"),
    ("import sys\nsys.exit('no')", "ended the process with sys.exit('no')"),
    ("def application(: pass", "importing shop failed: SyntaxError"),
    ("import os\nos._exit(3)", "ended with exit code 3 before it could serve"),
    ("import os\nos.kill(os.getpid(), 11)", "was killed by SIGSEGV before it could serve"),
    ("ap = 1", "there is no 'app' in shop; did you mean ap?"),
    ("app = 1", "is an object of builtins.int, and neither a WSGI nor an ASGI app"),
    ("def app(): return None", "is an object of builtins.NoneType"),
    ("def app(): raise OSError('no database')", "calling app() failed: OSError: no database"),
    (
        "from aiohttp.web import Application\napp = Application()",
        "aiohttp serves its apps itself: start it and",
    ),
    ("def app(request): ...", "neither a WSGI nor an ASGI app"),
    ("async def app(): ...", "is an `async def` factory"),
    ("async def app(scope, receive, send): ...", "shop:app is ASGI, but threaded_pool serves WSGI"),
]


@pytest.mark.parametrize(("code", "told"), ENDINGS)
def test_what_is_wrong_with_an_app_is_told(shop: Any, code: str, told: str) -> None:
    assert told in failure(shop(code))


def test_the_line_that_failed_is_in_the_log_without_ours(shop: Any) -> None:
    text = failure(shop("def load():\n    return 1 / 0\nload()"))
    assert "return 1 / 0" in text
    assert "harness" not in text.partition("Traceback")[2]


def test_a_file_or_a_module_that_is_not_there_is_told(shop: Any) -> None:
    assert "there is no module 'shopp'" in failure(shop(app="shopp:app"))
    assert "did you mean shop?" in failure(shop(app="shopp:app"))
    assert "name its module, as in shop:app" in failure(shop(app="shop.py:app"))
    assert "did you mean app?" in failure(shop(app="shop:ap"))


def test_a_wsgi_app_is_refused_by_an_asgi_server_unless_the_user_knows_better(shop: Any) -> None:
    assert "shop:app is WSGI, but uvicorn_asgi serves ASGI" in failure(shop(WSGI, "uvicorn_asgi"))
    with shop("def app(*whatever): raise ValueError", "uvicorn_asgi", interface="asgi") as app:
        assert app.alive()


def test_a_hang_at_the_import_is_told_with_its_place(shop: Any) -> None:
    text = failure(shop("import time\ntime.sleep(600)", ready_within=3.0))
    assert "was not ready within 3 s" in text
    assert "<module> (shop.py:2)" in text


def test_a_server_that_is_missing_there_is_told(shop: Any, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    text = failure(shop(server="gunicorn_sync", python=str(tmp_path / "env")))
    python = tmp_path / "env" / "bin" / "python"
    assert f"gunicorn is not installed there: {python} -m pip install gunicorn" in text
    assert "gevent is not installed there" in failure(shop(server="gevent_pywsgi", python=str(python)))
    with shop(
        "import sys\n" + textwrap.dedent(WSGI).replace('"PATH_INFO"', '"PATH_INFO"'), python=str(python)
    ) as app:
        assert ask(app.port, "/in") == "/in"


def test_what_is_no_interpreter_is_told(shop: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no interpreter"):
        shop(python=str(tmp_path / "nowhere"))


def test_an_app_with_a_package_called_like_ours_is_refused(shop: Any, tmp_path: Path) -> None:
    (tmp_path / "harness").mkdir()
    assert "has the name of a package of ctxstress" in failure(shop())


LIFESPAN = """
    import asyncio, contextvars, sys
    from pathlib import Path
    SEEN = []
    VAR = contextvars.ContextVar("var", default="clean")
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            await asyncio.sleep(0.2)
            scope["state"]["pool"] = "open"
            SEEN.append("up")
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            Path(sys.path[0], "down").write_text(" ".join(SEEN))
            await send({"type": "lifespan.shutdown.complete"})
            return
        text = f"{SEEN} {scope['state']} {VAR.get()}"
        scope["state"]["pool"] = "changed"
        VAR.set("dirty")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})
"""


@pytest.mark.parametrize("server", ["uvicorn_asgi", "hypercorn_asgi"])
def test_an_asgi_app_starts_up_before_it_serves_and_shuts_down(
    shop: Any, tmp_path: Path, server: str
) -> None:
    pytest.importorskip(server.partition("_")[0])
    with shop(LIFESPAN, server) as app:
        for _ in range(2):
            assert ask(app.port) == "['up'] {'pool': 'open'} clean"
    assert (tmp_path / "down").read_text() == "up"


def test_a_start_up_that_fails_is_told(shop: Any) -> None:
    code = """
        async def app(scope, receive, send):
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})
    """
    assert "the app's start-up failed: no database" in failure(shop(code, "uvicorn_asgi"))


LATE = """
    import threading, time
    from time import sleep
    def app(environ, start_response):
        start_response("200 OK", [])
        return [f"{sleep is time.sleep} {time.sleep.__module__} {threading.local.__module__}".encode()]
"""


@pytest.mark.parametrize(
    ("server", "patch", "told"),
    [
        ("gevent_pywsgi", "early", "True gevent.hub gevent._gevent_clocal"),
        ("gevent_pywsgi", "late", "False gevent.hub gevent._gevent_clocal"),
        ("gevent_pywsgi", "never", "True time _thread"),
        ("gunicorn_gevent", "never", "True time _thread"),
        ("eventlet_wsgi", "early", "True eventlet.greenthread eventlet.corolocal"),
        ("eventlet_wsgi", "late", "False eventlet.greenthread eventlet.corolocal"),
        ("eventlet_wsgi", "never", "True time _thread"),
        ("threaded_pool", "late", "True time _thread"),
    ],
)
def test_patching_comes_before_the_import_after_it_or_never(
    shop: Any, server: str, patch: str, told: str
) -> None:
    with shop(LATE, server, patch=patch) as app:
        assert ask(app.port) == told
    # On 3.14 eventlet says so whenever it patches: of a lock that threading keeps as the default of a parameter.
    assert [line for line in app.log_tail().splitlines() if "1 RLock(s) were not greened" not in line] == []


def test_a_flood_of_log_lines_is_cut(shop: Any, tmp_path: Path) -> None:
    code = """
        import sys
        def app(environ, start_response):
            for _ in range(40):
                sys.stderr.write("x" * (1 << 20) + "\\n")
            print("the end")
            start_response("200 OK", [])
            return [b"done"]
    """
    file = tmp_path / "log"
    with shop(code, log=file) as app:
        ask(app.port)
        assert wait_until(lambda: file.stat().st_size < LARGEST_LOG)
        ask(app.port)
    assert app.log_tail(1) == "the end" or "cut here" in app.log_tail(1)


def test_nothing_is_left_of_an_app_that_starts_processes(shop: Any, tmp_path: Path) -> None:
    code = """
        import subprocess, sys, pathlib
        child = subprocess.Popen(["sleep", "600"])
        pathlib.Path(sys.path[0], "pid").write_text(str(child.pid))
    """
    with shop(textwrap.dedent(code) + textwrap.dedent(WSGI)) as app:
        child = int((tmp_path / "pid").read_text())
        assert psutil.pid_exists(child)
        app.alive()
    assert wait_until(lambda: not running(child))


def running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


PARENT = """
import sys, time
from pathlib import Path
from harness.apps.app_process import AppProcess
app = AppProcess(app="shop:app", server="harness.servers.threaded_pool:SERVER", app_dir=Path(sys.argv[1]))
app.start()
print(app.pid, flush=True)
time.sleep(600)
"""


def test_no_app_outlives_a_parent_that_is_killed(shop: Any, tmp_path: Path) -> None:
    shop("import subprocess\nchild = subprocess.Popen(['sleep', '601'])\n" + textwrap.dedent(WSGI))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        [child] = psutil.Process(pid).children()
        os.kill(parent.pid, signal.SIGKILL)
    assert wait_until(lambda: not running(pid) and not running(child.pid))


def test_a_url_has_the_same_face(shop: Any) -> None:
    with shop() as app:
        url = f"http://127.0.0.1:{app.port}/shop"
        with AppAtUrl(url) as there:
            assert there.alive()
            assert (there.port, there.address.prefix) == (app.port, "/shop")
            assert there.journal.relation("a", "b") is None
            assert there.where_it_stands() == ()
    assert not there.alive()
    assert "does not listen" in there.last_words()
    with pytest.raises(UserError, match="nothing listens at"):
        there.start()


KEEPS = """
    import threading
    class Cart: owner = None
    state = threading.local()
    def app(environ, start_response):
        state.user = Cart.owner = environ["QUERY_STRING"]
        start_response("200 OK", [])
        return [b"done"]
"""


def test_the_probe_looks_without_any_change_to_the_app(shop: Any) -> None:
    with shop(KEEPS, "wsgiref_single", probe=True, token_pattern="zq[a-z]+") as app:
        assert ask(app.port, "/?zqfirst", "u1v1.0") == "done"
        assert wait_until(lambda: all_left(app) and len(app.journal.residues) == 2)
        assert [(each.variable, each.path, each.kind) for each in app.journal.residues] == [
            ("shop:Cart.owner", "", "global"),
            ("shop:state", "['user']", "Local"),
        ]
        assert {(each.mark, each.token, each.unit) for each in app.journal.residues} == {
            ("u1v1.0", "zqfirst", "thread-0")
        }
        assert app.journal.was_over("u1v1", app.journal.residues[0].at)
