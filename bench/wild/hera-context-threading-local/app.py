"""Puts a visitor's workflow together with Hera, with steps whose settings are looked up."""

import asyncio
import json

from hera.workflows import Container, Steps, Workflow


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    user = scope["query_string"].decode().partition("=")[2]
    with Workflow(name="build", entrypoint="all", annotations={"owner": user}) as workflow:
        await asyncio.sleep(0.001)  # the settings are looked up
        Container(name="compile", image="gcc", args=[user])
    answer = json.dumps(
        [[each.name, each.args] for each in workflow.templates if not isinstance(each, Steps)]
    ).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]}
    )
    await send({"type": "http.response.body", "body": answer})
