"""The ASGI face: drives the same script on the task that the server calls on."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import closing
from contextvars import Context
from io import BytesIO
from typing import TYPE_CHECKING, Any

from harness.core.ports import GIVEN, Given
from harness.core.steps import drive_async
from harness.framework.performers import on_this_task
from harness.framework.wrappers import Body

if TYPE_CHECKING:
    from harness.framework.lifecycle import Lifecycle

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


async def answer(app: "Lifecycle", scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one HTTP request, or the questions of a lifespan; other kinds of connection raise NotImplementedError."""
    if scope["type"] == "lifespan":
        return await _live(receive, send)
    if scope["type"] != "http":
        raise NotImplementedError(f"this app answers http, not {scope['type']}")

    sent = await _read(receive)
    if sent is None:
        return None
    environ = environ_of(scope, sent)
    given: Given | None = scope.get(GIVEN)
    perform = on_this_task if given is None else given.perform
    response = await drive_async(app.respond(environ, given), perform)
    status, headers, body = response.finish(environ)
    start = {
        "type": "http.response.start",
        "status": int(status[:3]),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    }
    if isinstance(body, Body):
        return await _stream(start, body, perform, receive, send)
    whole = b"".join(body)
    if hasattr(body, "close"):
        body.close()
    await send(start)
    await send({"type": "http.response.body", "body": whole})
    return None


async def _stream(start: Scope, body: Body, perform: Any, receive: Receive, send: Send) -> None:
    """Send each chunk as it is made; end the body when the client has gone or this task is cancelled."""
    # The task beside only waits to hear that the client has gone; the body runs where the view ran.
    gone = asyncio.create_task(_wait(receive), context=Context())
    try:
        with closing(body):
            await send(start)
            while not gone.done():
                chunk = await drive_async(body.next_chunk(), perform)
                if chunk is None:
                    break
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        # The context is popped by now: a server may begin the next request as soon as it has the last of this one.
        if not gone.done():
            await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _wait(receive: Receive) -> None:
    # The request was read to its end, so the next message can only tell of the end of the connection.
    await receive()


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body of the request, or None when its client went away before the end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _live(receive: Receive, send: Send) -> None:
    """Agree to start and to stop: there is nothing to prepare."""
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the WSGI environ that says the same as a scope (PEP 3333: text is bytes decoded as latin-1)."""
    root: str = scope.get("root_path", "")
    path: str = scope["path"]
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _wsgi_text(root),
        "PATH_INFO": _wsgi_text(path.removeprefix(root) if root else path),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ


def _wsgi_text(text: str) -> str:
    return text.encode().decode("latin-1")
