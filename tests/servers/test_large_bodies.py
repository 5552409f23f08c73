"""What a request with a large body leaves behind on its connection, seen in an app that reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.apps.app_process import AppProcess
from harness.catalog import entries
from harness.core.ports import Server
from harness.engine.http_connection import Connection

SERVERS: list[Server] = [entry.part for entry in entries("server") if not entry.missing]
INTERFACES = ("wsgi", "asgi")
APP = """
import asyncio
import contextvars
import time

variable = contextvars.ContextVar("variable", default="nothing")


def answer():
    found = variable.get()
    variable.set("left")
    return found.encode()


def wsgi(environ, start_response):
    body = answer()
    if environ["REQUEST_METHOD"] == "POST":
        time.sleep(0.05)
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    body = answer()
    if scope["method"] == "POST":
        await asyncio.sleep(0.05)
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
"""Reads a body only when much of it has come, so that a server with a limit to what it holds has stopped reading."""


@pytest.fixture(
    params=[each for each in SERVERS if each.keep_alive and each.interface in INTERFACES],
    ids=lambda server: server.name,
)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, AppProcess]]:
    server: Server = request.param
    (tmp_path / "large_app.py").write_text(APP)
    path = f"harness.servers.{server.name}:SERVER"
    with AppProcess(app=f"large_app:{server.interface}", server=path, app_dir=tmp_path) as process:
        yield server, process


def carried(process: AppProcess, sent: int) -> bool:
    """Whether any of many requests on a connection, the first with a body of so many bytes, finds what another set."""
    connection = Connection(process.port, 10)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % sent
    connection.exchange(head + b"x" * sent)
    if not connection.reusable:  # of a server that leaves what the app may not have read
        connection = Connection(process.port, 10)
    found = [connection.exchange(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").body for _ in range(20)]
    connection.close()
    return b"left" in found


def test_says_what_a_large_body_leaves_behind(served: tuple[Server, AppProcess]) -> None:
    server, process = served
    carries = server.carries
    assert carried(process, 10) is carries.contextvar_same
    assert carried(process, 200_000) is (carries.contextvar_same or carries.contextvar_after_large_body)
