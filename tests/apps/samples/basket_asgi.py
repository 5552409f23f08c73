"""A sound ASGI app without a framework: a basket in a cookie, shuffled JSON, random ids, a language by choice.

Its twin adds its cookie to a list of headers that all answers share.
"""

import asyncio
import json
import os
import random
import uuid
from typing import Any
from urllib.parse import parse_qsl

USUAL = [(b"content-type", b"application/json")]
WORDS = {"en": "Your basket", "de": "Ihr Korb", "fr": "Votre panier"}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError
    query = dict(parse_qsl(scope["query_string"].decode()))
    headers = USUAL if os.environ.get("BROKEN") else USUAL.copy()
    if owner := query.get("owner"):
        headers[1:] = [(b"set-cookie", f"basket={owner}; HttpOnly".encode())]
    await asyncio.sleep(0.001)  # the stock
    items: list[tuple[str, Any]] = [
        ("title", WORDS[query.get("lang", "en")]),
        ("owner", owner or "nobody"),
        ("request", str(uuid.uuid4())),
        ("items", random.sample(["apple", "pear", "plum"], 3)),
        ("path", scope["path"]),
    ]
    random.shuffle(items)
    body = json.dumps(dict(items)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
