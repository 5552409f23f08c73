"""A sound Flask app with forms: a CSRF token for each session, orders with random numbers, pages of HTML.

Its twin collects the fields of an order in a default argument, which all orders then share.
"""

import html
import os
import secrets
import threading
import time
from collections.abc import Mapping

from flask import Flask, abort, redirect, request, session
from werkzeug.wrappers import Response

app = Flask(__name__)
app.secret_key = "a key that is long enough to sign with"
orders: dict[str, dict[str, str]] = {}
lock = threading.Lock()
SHARED: dict[str, str] = {}


@app.get("/order")
def form() -> str:
    token = session.setdefault("csrf", secrets.token_urlsafe(24))
    return (
        "<!doctype html><title>Order</title><form method=post>"
        f'<input type=hidden name=csrf value="{token}"><input name=item><input name=address></form>'
    )


@app.post("/order")
def order() -> Response:
    if not secrets.compare_digest(request.form["csrf"], session.get("csrf", "")):
        abort(403)
    number = secrets.token_hex(8)
    fields = read(request.form, SHARED) if os.environ.get("BROKEN") else read(request.form, {})
    with lock:
        orders[number] = dict(fields)
    return redirect(f"/orders/{number}")


def read(sent: Mapping[str, str], into: dict[str, str]) -> dict[str, str]:
    for name in ("item", "address"):
        into[name] = sent[name]
        time.sleep(0.001)  # a look into the price list
    return into


@app.get("/orders/<number>")
def receipt(number: str) -> str:
    with lock:
        found = orders[number]
    lines = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in found.items())
    return f"<!doctype html><title>Order {number}</title>\n<h1>Thank you</h1>\n<table>{lines}</table>"
