"""A sound shop with all that varies by itself and must not be taken for a mix-up.

There are a board that everybody reads, lists in pages, prices cached for each customer (X-Cache), times, random ids,
ETags, a counter, a limit of the rate (429), gzip, a streamed export, a redirect after POST, keys in any order and
variants shown at random. Its twin forgets the customer in the key of the cache.
"""

import gzip
import hashlib
import json
import os
import random
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, redirect, request

app = Flask(__name__)
lock = threading.Lock()
board: deque[dict[str, Any]] = deque(maxlen=30)
cache: dict[str, dict[str, Any]] = {}
calls: Counter[str] = Counter()
FEW, SEARCHES = 4, 2


def shuffled(**values: Any) -> Response:
    items = list(values.items())
    random.shuffle(items)
    return Response(json.dumps(dict(items)), content_type="application/json")


@app.after_request
def mark(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = uuid.uuid4().hex
    if "gzip" in request.headers.get("Accept-Encoding", "") and not answer.is_streamed:
        answer.set_data(gzip.compress(answer.get_data()))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


@app.get("/prices")
def prices() -> Response:
    customer = request.args["customer"]
    key = "prices" if os.environ.get("BROKEN") else f"prices of {customer}"
    with lock:
        found = cache.get(key)
    if found is None:
        time.sleep(0.001)  # the price service
        with lock:
            found = cache[key] = {"customer": customer, "made": time.time(), "price": 7}
        answer = shuffled(**found)
        answer.headers["X-Cache"] = "MISS"
        return answer
    answer = shuffled(**found)
    answer.headers["X-Cache"] = "HIT"
    return answer


@app.post("/board")
def post() -> Any:
    with lock:
        board.appendleft({"author": request.form["author"], "text": request.form["text"], "at": time.time()})
    return redirect("/board?page=1", 303)


@app.get("/board")
def read() -> Response:
    page = max(1, int(request.args.get("page", "1")))
    with lock:
        shown = list(board)[(page - 1) * FEW : page * FEW]
        total = len(board)
    return shuffled(page=page, total=total, messages=shown)


@app.get("/item/<name>")
def item(name: str) -> Response:
    with lock:
        calls["item"] += 1
        seen = calls["item"]
    variant = random.choice("AB")
    text = f"<!doctype html>\n<h1>{name}</h1>\n<p class={variant}>{'Buy' if variant == 'A' else 'Get it'} now</p>"
    text += (
        f"\n<p>seen {seen} times, last at {time.strftime('%H:%M:%S')}</p>\n<p>for {request.args['who']}</p>"
    )
    tag = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Response(text, headers={"ETag": f'"{tag}"', "Set-Cookie": f"variant={variant}; Path=/"})


@app.get("/search")
def search() -> Any:
    with lock:
        calls[request.args["who"]] += 1
        if calls[request.args["who"]] > SEARCHES:
            return {"error": "too many searches"}, 429, {"Retry-After": "1"}
    return {"for": request.args["q"], "found": random.sample(range(100), 3)}


@app.get("/export")
def export() -> Response:
    owner = request.args["owner"]

    def lines() -> Iterator[str]:
        for n in range(4):
            time.sleep(0.0005)
            yield f"{n};{owner};{random.randrange(100)}\n"

    return Response(lines(), content_type="text/csv")
