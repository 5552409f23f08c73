"""A sound app behind a load balancer: each second request is answered by the other of two backends, which says so.

Who has no cookie yet is given that of a node, of which there are more than visitors are sent alone at first. A flow of
two requests, or two choices that are sent in turn, must not be taken to have a backend each. What it prints depends on
four choices, of which not all combinations are ever tried alone. Its twin keeps the visitor in a global.
"""

import itertools
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

NODES = 199
served = itertools.count()


class Current:
    visitor = ""


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    turn = next(served)
    visitor = Current.visitor = asked.pop("t")
    time.sleep(0.001)  # the way to the backend
    if os.environ.get("BROKEN"):
        visitor = Current.visitor
    headers = [("Content-Type", "text/html; charset=utf-8"), ("X-Backend", f"backend-{'ab'[turn % 2]}")]
    if "node=" not in environ.get("HTTP_COOKIE", ""):
        headers.append(("Set-Cookie", f"node=shop-node-{turn * 7 % NODES}; Path=/"))
    start_response("200 OK", headers)
    lines = [f"<h1>{environ['PATH_INFO']}</h1>", *(f"<p>in {value}</p>" for value in asked.values())]
    return ["\n".join([*lines, f"<p>for {visitor}</p>"]).encode()]
