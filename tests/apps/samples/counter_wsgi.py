"""A sound WSGI app that serves one visitor after the other: who gives up leaves it his work all the same."""

import threading
import time
from collections.abc import Callable
from typing import Any

at_the_counter = threading.Lock()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    with at_the_counter:
        time.sleep(0.025)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["QUERY_STRING"].encode()]
