"""A sound Bottle app: its ambient request and response, cookies, templates, and a thread-local of its own.

Its twin takes the thread-local that gevent does not patch, as packages written in C do: sound on threads alone.
"""

import os
import threading
import time
from typing import Any

from bottle import Bottle, SimpleTemplate, request, response  # type: ignore[import-untyped]

app = Bottle()
page = SimpleTemplate("<html><h1>Ticket of {{holder}}</h1>\n<p>{{seat}}</p>\n<p>printed {{now}}</p></html>")


def local() -> Any:
    if os.environ.get("BROKEN"):
        from gevent.monkey import get_original

        return get_original("threading", "local")()
    return threading.local()


ambient = local()


@app.get("/ticket/<number>")  # type: ignore[untyped-decorator]
def ticket(number: str) -> str:
    ambient.seat = f"seat {number}"
    response.set_cookie("last", number, httponly=True)
    time.sleep(0.001)  # the printer
    holder = request.query.holder
    response.set_header("X-Holder", holder)
    return str(page.render(holder=holder, seat=ambient.seat, now=time.strftime("%H:%M:%S")))


@app.get("/last")  # type: ignore[untyped-decorator]
def last() -> dict[str, Any]:
    return {"last": request.get_cookie("last"), "accept": request.headers.get("Accept")}
