"""A greeting in the visitor's name, kept in asgiref's Local, which has a default from the start."""

import asyncio

from asgiref.local import Local

current = Local()
current.user = "nobody"


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    current.user = scope["query_string"].decode().partition("=")[2]
    await asyncio.sleep(0.001)  # the profile is looked up
    answer = b"hello %s" % current.user.encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]}
    )
    await send({"type": "http.response.body", "body": answer})
