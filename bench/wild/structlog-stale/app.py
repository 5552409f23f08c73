"""A shop that notes in its log what is asked for, with the customer who asks, where one is signed in."""

import os
from pathlib import Path
from urllib.parse import parse_qs

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

lines = Path("shop.log").open("a", buffering=1)  # noqa: SIM115
structlog.configure(
    processors=[merge_contextvars, structlog.processors.KeyValueRenderer(sort_keys=True)],
    logger_factory=structlog.WriteLoggerFactory(lines),
)
log = structlog.get_logger()


def app(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    if os.environ.get("CLEARED") == "first":
        clear_contextvars()
    if "customer" in query:
        bind_contextvars(customer=query["customer"][0])
    log.info("asked", article=query["article"][0])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"article {query['article'][0]}".encode()]
