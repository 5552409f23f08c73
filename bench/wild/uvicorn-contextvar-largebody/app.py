"""A store of notes that goes on with the trace of whoever called, unless something further out has begun one."""

import asyncio
from contextvars import ContextVar

TRACE: ContextVar[str] = ContextVar("trace", default="")


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = dict(scope["headers"])
    if not TRACE.get():
        TRACE.set(headers.get(b"x-trace", b"").decode())
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await asyncio.sleep(0.001)
    answer = b"kept, trace %s" % TRACE.get().encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]}
    )
    await send({"type": "http.response.body", "body": answer})
