"""A sound app behind a load balancer: each second request is answered by the other of two backends, which says so.

A flow of two requests, or two choices that are sent in turn, must not be taken to have a backend each. What it prints
depends on four choices, of which not all combinations are ever tried alone. Its twin keeps the visitor in a global.
"""

import itertools
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

served = itertools.count()


class Current:
    visitor = ""


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    backend = next(served) % 2
    visitor = Current.visitor = asked.pop("t")
    time.sleep(0.001)  # the way to the backend
    if os.environ.get("BROKEN"):
        visitor = Current.visitor
    start_response(
        "200 OK", [("Content-Type", "text/html; charset=utf-8"), ("X-Backend", f"backend-{'ab'[backend]}")]
    )
    lines = [f"<h1>{environ['PATH_INFO']}</h1>", *(f"<p>in {value}</p>" for value in asked.values())]
    return ["\n".join([*lines, f"<p>for {visitor}</p>"]).encode()]
