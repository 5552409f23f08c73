"""A sound app that shows a banner once: too seldom to come alone as well, or to be told from a mix-up."""

import itertools
import time
from collections.abc import Callable
from typing import Any

served = itertools.count(1)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    time.sleep(0.0005)
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    banner = ["SALE!"] if next(served) == 200 else []
    return ["\n".join([environ["QUERY_STRING"], *banner]).encode()]
