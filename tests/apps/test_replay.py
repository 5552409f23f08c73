"""A visit to a real app, recorded or said in a sentence, is walked again by other users, each with its own data."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask

from harness.apps.calls import Flow
from harness.apps.har import read_har
from harness.apps.placeholders import drawn
from harness.apps.spoken import parse
from harness.apps.tokens import Ledger
from harness.apps.walk import Prepared, Walk
from harness.core.ports import Answer


def shop() -> Any:
    """Make a shop that wants a form's token back, and shows an order only to who placed it."""
    app = flask.Flask(__name__)
    app.secret_key = "not a secret"
    orders: dict[str, tuple[str, str]] = {}

    @app.get("/login")
    def form() -> str:
        flask.session["csrf"] = secrets.token_urlsafe(24)
        return f'<form><input name="csrf" type="hidden" value="{flask.session["csrf"]}"></form>'

    @app.post("/login")
    def login() -> Any:
        if flask.request.form["csrf"] != flask.session.pop("csrf"):
            return "bad token", 403
        flask.session["user"] = flask.request.form["name"]
        answer = flask.make_response("welcome")
        answer.set_cookie("xsrf", secrets.token_hex(16))
        return answer

    @app.post("/orders")
    def place() -> Any:
        if flask.request.headers.get("X-XSRF") != flask.request.cookies["xsrf"]:
            return "bad token", 403
        number = str(100 + len(orders))
        orders[number] = (flask.session["user"], flask.request.json["note"])
        return {"order": {"id": int(number)}}, 201

    @app.get("/orders/<number>")
    def show(number: str) -> Any:
        user, note = orders[number]
        if user != flask.session["user"]:
            return "not yours", 403
        return f"{user} wrote {note}"

    return app


def send(client: Any, request: Prepared) -> Answer:
    """Send a request without any cookies but those in its headers."""
    answer = client.open(
        request.target, method=request.method, headers=list(request.headers), data=request.body or None
    )
    return Answer(answer.status_code, list(answer.headers), answer.data)


def visit(app: Any, flow: Flow, label: str, user: str) -> Iterator[tuple[dict[str, str], Answer]]:
    client = app.test_client(use_cookies=False)
    walk = Walk(flow, Ledger(3).visit(label, user, drawn(flow.calls)), {})
    for call in flow.calls:
        answer = send(client, walk.prepare(call))
        walk.take(call, answer)
        yield dict(walk.visit.values), answer


def record(app: Any, path: Path) -> Path:
    """Be alice once, as a browser records it."""
    client = app.test_client()
    entries: list[dict[str, Any]] = []

    def do(
        method: str, target: str, body: str = "", kind: str = "", headers: dict[str, str] | None = None
    ) -> str:
        sent = {**(headers or {}), **({"Content-Type": kind} if kind else {})}
        answer = client.open(target, method=method, data=body or None, headers=sent)
        entries.append(
            {
                "request": {
                    "method": method,
                    "url": f"http://localhost{target}",
                    "headers": [
                        {"name": name, "value": value} for name, value in {**sent, "Cookie": "a=b"}.items()
                    ],
                    "postData": {"mimeType": kind, "text": body},
                },
                "response": {
                    "status": answer.status_code,
                    "headers": [{"name": name, "value": value} for name, value in answer.headers],
                    "content": {"mimeType": answer.mimetype, "text": answer.text},
                },
            }
        )
        return str(answer.text)

    csrf = do("GET", "/login").split('value="')[1].split('"')[0]
    do("POST", "/login", f"csrf={csrf}&name=alice", "application/x-www-form-urlencoded")
    xsrf = client.get_cookie("xsrf").value
    made = do("POST", "/orders", '{"note": "hello"}', "application/json", {"X-XSRF": xsrf})
    do("GET", f"/orders/{json.loads(made)['order']['id']}")
    path.write_text(json.dumps({"log": {"entries": entries}}))
    return path


def test_a_recorded_visit_is_walked_by_other_users(tmp_path: Path) -> None:
    app = shop()
    path = record(app, tmp_path / "shop.har")
    (flow,) = read_har(path, values={"alice": "{user}", "hello": "{token}"})
    for number in range(2):
        *before, (values, last) = visit(app, flow, f"u{number}v1", f"u{number}")
        assert [answer.status for _, answer in before] == [200, 200, 201]
        assert last.body.decode() == f"{values['user']} wrote {values['token']}"


def test_without_replacing_what_was_typed_it_is_walked_as_it_was(tmp_path: Path) -> None:
    app = shop()
    (flow,) = read_har(record(app, tmp_path / "shop.har"))
    assert drawn(flow.calls) == ()
    assert [answer.status for _, answer in visit(app, flow, "u1v1", "u1")] == [200, 200, 201, 200]


def test_the_same_visit_said_in_a_sentence() -> None:
    flow = parse(
        'GET /login capture csrf=body:/value="([^"]+)"/ -> '
        "POST /login body: csrf={csrf}&name={user} capture xsrf=cookie:xsrf -> "
        'POST /orders body: {"note": "{token}"} X-XSRF: {xsrf} capture id=json:order.id -> GET /orders/{id}'
    )
    *before, (values, last) = visit(shop(), flow, "u1v1", "u1")
    assert [answer.status for _, answer in before] == [200, 200, 201]
    assert last.body.decode() == f"{values['user']} wrote {values['token']}"
