"""A sound WSGI app without a framework: gzip, a generator that closes, and a ContextVar that is reset.

Its twin does not reset the ContextVar, so that who asks without a name may be greeted by that of another.
"""

import contextvars
import gzip
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

name = contextvars.ContextVar("name", default="guest")


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    given = environ.get("HTTP_X_NAME")
    token = name.set(given) if given else None
    try:
        body = greeting(environ["PATH_INFO"])
    finally:
        if token and not os.environ.get("BROKEN"):
            name.reset(token)
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Vary", "Accept-Encoding")]
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = gzip.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    start_response("200 OK", headers)
    return pieces(body)


def greeting(path: str) -> bytes:
    time.sleep(0.001)
    return f"Hello, {name.get()}!\nYou asked for {path}.\n".encode()


def pieces(body: bytes) -> Iterator[bytes]:
    yield body[:10]
    yield body[10:]
