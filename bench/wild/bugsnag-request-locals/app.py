"""Reports to Bugsnag what goes wrong, with the user whom it befell, and shows what was reported."""

import asyncio

import bugsnag
from bugsnag.configuration import RequestConfiguration

bugsnag.configure(api_key="0" * 32, auto_capture_sessions=False, asynchronous=False)
bugsnag.configure(delivery=type("Kept", (), {"deliver": lambda self, config, payload, options=None: None})())


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    user = scope["query_string"].decode().partition("=")[2]
    RequestConfiguration.clear()
    bugsnag.configure_request(user={"id": user})
    await asyncio.sleep(0.001)  # what fails is tried
    answer = b"reported for %s" % RequestConfiguration.get_instance().user.get("id", "nobody").encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]}
    )
    await send({"type": "http.response.body", "body": answer})
