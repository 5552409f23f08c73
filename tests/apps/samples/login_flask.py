"""A sound Flask app with log-in, sessions, a redirect after POST, and the current user in ``g``.

Its twin keeps the current user in an object of the module.
"""

import os
import time
from types import SimpleNamespace

from flask import Flask, abort, g, redirect, request, session
from werkzeug.wrappers import Response

app = Flask(__name__)
app.secret_key = "a key that is long enough to sign with"
current = SimpleNamespace() if os.environ.get("BROKEN") else g


@app.before_request
def load_user() -> None:
    current.user = session.get("user")


@app.post("/login")
def login() -> Response:
    session["user"] = request.form["name"]
    return redirect("/me")


@app.post("/logout")
def logout() -> Response:
    session.clear()
    return redirect("/login")


@app.get("/me")
def me() -> dict[str, str]:
    time.sleep(0.001)  # the profile service
    if not current.user:
        abort(401)
    return {"user": current.user, "greeting": f"Hello, {current.user}!"}
