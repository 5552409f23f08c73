"""What `io_delay` is for: a mix-up across a wait of the app shows under each kind of unit; a sound app stays so."""

import http.client
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.apps.app_process import AppProcess

SYNC = """
    import sqlite3, threading, time
    from urllib import request
    class Shared: pass
    current = {place}
    def app(environ, start_response):
        current.user = environ["PATH_INFO"]
        {wait}
        start_response("200 OK", [])
        return [current.user.encode()]
"""
ASYNC = """
    import asyncio, contextvars
    from types import SimpleNamespace
    var = contextvars.ContextVar("var")
    class Kept:
        user = property(lambda self: var.get(), lambda self, value: var.set(value))
    class Shared: pass
    current = {place}
    async def app(scope, receive, send):
        if scope["type"] != "http":
            raise ValueError
        current.user = scope["path"]
        {wait}
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        await send({{"type": "http.response.body", "body": current.user.encode()}})
"""
SQLITE = "sqlite3.connect(':memory:').execute('select 1')"
CASES = [
    ("threaded_pool", SYNC, SQLITE, "threading.local()"),
    ("gevent_pywsgi", SYNC, "time.sleep(0)", "threading.local()"),
    ("uvicorn_asgi", ASYNC, "await asyncio.sleep(0)", "Kept()"),
]
REQUESTS, CLIENTS = 400, 8


def mixed(folder: Path, code: str, server: str, delay: float) -> int:
    (folder / "shop.py").write_text(textwrap.dedent(code))
    with AppProcess(
        app="shop:app", server=f"harness.servers.{server}:SERVER", app_dir=folder, io_delay=delay
    ) as app:

        def client(number: int) -> int:
            connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=20)
            wrong = 0
            for nth in range(REQUESTS // CLIENTS):
                path = f"/{number}.{nth}"
                connection.request("GET", path)
                wrong += connection.getresponse().read().decode() != path
            connection.close()
            return wrong

        with ThreadPoolExecutor(CLIENTS) as pool:
            return sum(pool.map(client, range(CLIENTS)))


@pytest.mark.parametrize(("server", "code", "wait", "sound"), CASES)
def test_a_shared_variable_mixes_across_a_wait_and_one_for_each_unit_does_not(
    tmp_path: Path, server: str, code: str, wait: str, sound: str
) -> None:
    assert mixed(tmp_path, code.format(place="Shared()", wait=wait), server, 0.001) > REQUESTS // 10
    assert mixed(tmp_path, code.format(place=sound, wait=wait), server, 0.001) == 0


def test_greenlets_are_not_made_to_wait_where_they_would_not(tmp_path: Path) -> None:
    assert mixed(tmp_path, SYNC.format(place="Shared()", wait=SQLITE), "gevent_pywsgi", 0.001) == 0
