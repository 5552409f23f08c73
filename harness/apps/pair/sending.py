"""Sends a request to a WSGI or ASGI app by calling it, on whatever unit this is called."""

import asyncio
from typing import Any
from urllib.parse import unquote

from werkzeug.test import EnvironBuilder, run_wsgi_app

from harness.apps.walk import Prepared
from harness.core.ports import Answer

HOST = "127.0.0.1"


def send(app: Any, request: Prepared) -> Answer:
    """Call a WSGI app and read its whole answer."""
    builder = EnvironBuilder(
        method=request.method,
        path=request.target,
        headers=list(request.headers),
        data=request.body or None,
        base_url=f"http://{HOST}",
    )
    try:
        chunks, status, headers = run_wsgi_app(app, builder.get_environ(), buffered=True)
    finally:
        builder.close()
    return Answer(int(status.partition(" ")[0]), list(headers), b"".join(chunks))


async def send_asgi(app: Any, request: Prepared) -> Answer:
    """Call an ASGI app and read its whole answer."""
    path, _, query = request.target.partition("?")
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    if request.body:
        headers.append((b"content-length", str(len(request.body)).encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", HOST.encode()), *headers],
        "client": (HOST, 1),
        "server": (HOST, 80),
    }
    received = [{"type": "http.request", "body": request.body, "more_body": False}]
    sent: list[dict[str, Any]] = []
    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if received:
            return received.pop()
        # As long as an answer is under way its client stays: frameworks that stream stop when it goes.
        await answered.wait()
        return {"type": "http.disconnect"}

    async def answer(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            answered.set()

    await app(scope, receive, answer)
    answered.set()
    start = next(message for message in sent if message["type"] == "http.response.start")
    named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", ())]
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Answer(start["status"], named, body)
