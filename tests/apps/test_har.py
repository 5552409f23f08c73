"""Recordings: what a browser sent becomes a flow, and what only an answer can have told is captured from it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from harness.apps.calls import Call, Capture
from harness.apps.har import read_har
from harness.core.errors import UserError

CSRF = "IjQ4ZTk3ZGRmYzg4NmE1.aSBk+w=="
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def entry(
    request: str,
    body: str = "",
    kind: str = "",
    *,
    headers: dict[str, str] | None = None,
    answer: str = "",
    mime: str = "text/html",
    given: list[tuple[str, str]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    method, _, path = request.partition(" ")
    sent = headers or {}
    if kind:
        sent = {**sent, "Content-Type": kind}
    return {
        "request": {
            "method": method,
            "url": path if "://" in path else f"http://shop.example:8000{path}",
            "headers": [{"name": name, "value": value} for name, value in sent.items()],
            **({"postData": {"mimeType": kind, "text": body}} if body else {}),
        },
        "response": {
            "status": 200,
            "headers": [{"name": name, "value": value} for name, value in given or []],
            "content": {"mimeType": mime, "text": answer},
        },
        **more,
    }


def write(tmp_path: Path, *entries: dict[str, Any]) -> Path:
    path = tmp_path / "shop.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return path


def calls(tmp_path: Path, *entries: dict[str, Any], **options: Any) -> list[Call]:
    (flow,) = read_har(write(tmp_path, *entries), **options)
    return list(flow.calls)


def test_requests_of_one_host_become_one_flow_in_order(tmp_path: Path) -> None:
    made = calls(
        tmp_path,
        entry("GET /?a=1#top"),
        entry("GET http://ads.example/x"),
        entry("PUT /items", '{"a": 1}', JSON),
        entry("POST /form", "a=b", FORM),
        entry("OPTIONS /items"),
        entry("GET ws://shop.example:8000/live"),
    )
    assert made == [
        Call("GET", "/?a=1"),
        Call("PUT", "/items", (("Content-Type", JSON),), '{"a": 1}'),
        Call("POST", "/form", (("Content-Type", FORM),), "a=b"),
    ]
    checks = [entry("POST http://ocsp.example/", mime="x/y")] * 3
    (page,) = read_har(write(tmp_path, *checks, entry("GET /"), *[entry("GET http://ads.example/x")] * 2))
    assert page.calls == (Call("GET", "/"),)
    assert calls(tmp_path, checks[0], *[entry("GET /api", mime=JSON)] * 2) == [Call("GET", "/api")] * 2
    (ads,) = read_har(write(tmp_path, entry("GET /"), entry("GET http://ads.example/x")), host="ads.example")
    assert ads.calls == (Call("GET", "/x"),)


def test_assets_are_dropped_and_pages_kept(tmp_path: Path) -> None:
    made = calls(
        tmp_path,
        entry("GET /style.css?v=3"),
        entry("GET /app.JS"),
        entry("GET /logo", mime="image/png"),
        entry("GET /bundle", mime="application/javascript; charset=utf-8"),
        entry("GET /face", _resourceType="font"),
        entry("GET /report.pdf.html"),
        entry("GET /data.json", mime=JSON),
        entry("POST /upload.png", "x", "text/plain"),
    )
    assert [call.path for call in made] == ["/report.pdf.html", "/data.json", "/upload.png"]


def test_headers_of_connection_browser_and_jar_are_dropped(tmp_path: Path) -> None:
    dropped = [
        *(
            "Host",
            "Connection",
            "Keep-Alive",
            "Transfer-Encoding",
            "TE",
            "Upgrade",
            "Content-Length",
            "Range",
        ),
        *(
            "Cookie",
            "Accept-Encoding",
            "User-Agent",
            "Origin",
            "Referer",
            "If-None-Match",
            "If-Modified-Since",
        ),
        *("Sec-Fetch-Mode", "Cache-Control", "Pragma", ":authority", ":method"),
    ]
    kept = {"Accept": "text/html", "X-Requested-With": "XMLHttpRequest", "Terms": "x", "Hosts": "y"}
    made = calls(tmp_path, entry("GET /", headers={**dict.fromkeys(dropped, "x"), **kept}))
    assert dict(made[0].headers) == kept


def test_a_body_recorded_as_fields_is_put_together(tmp_path: Path) -> None:
    recorded = entry("POST /form")
    fields = [{"name": "a b", "value": "c&d"}, {"name": "e"}]
    recorded["request"]["postData"] = {"mimeType": FORM, "params": fields}
    assert calls(tmp_path, recorded) == [Call("POST", "/form", (("Content-Type", FORM),), "a+b=c%26d&e=")]


def test_braces_are_sent_as_they_were(tmp_path: Path) -> None:
    made = calls(tmp_path, entry("POST /g", '{"query": "{me}", "v": {"a": {}}}', JSON))
    assert made[0].body == '{"query": "{{me}}", "v": {"a": {}}}'


def test_typed_values_are_replaced_however_they_are_spelled(tmp_path: Path) -> None:
    typed = {"alice": "{user}", "a b&c": "{token}", "alice@shop.example": "{user}@x.example"}
    made = calls(
        tmp_path,
        entry("GET /users/alice?next=%2Falice%2F&q=a+b%26c&malice=1&alice2=1", headers={"X-User": "alice"}),
        entry("POST /users", '{"mail": "alice@shop.example", "note": "a b&c"}', JSON),
        values=typed,
    )
    assert made[0].path == "/users/{user}?next=%2F{user}%2F&q={token}&malice=1&alice2=1"
    assert made[0].headers == (("X-User", "{user}"),)
    assert made[1].body == '{"mail": "{user}@x.example", "note": "{token}"}'


FIELD = f'<form>\n  <input type="hidden" name="csrf" value="{CSRF}">\n</form>'


@pytest.mark.parametrize(
    ("answer", "options", "capture"),
    [
        (FIELD, {}, Capture("csrf", "body", '<input type="hidden" name="csrf" value="([^"]+)')),
        (
            FIELD.replace("+", "&#43;").replace("==", "&#x3D;&#x3d;"),
            {},
            Capture("csrf", "body", '<input type="hidden" name="csrf" value="([^"]+)'),
        ),
        ("<p>a page without it</p>", {}, None),
        (f"var csrf = {CSRF};", {}, Capture("csrf", "body", r"var csrf = ([\w.+/=:~-]+)")),
        (f'<i id="9812"/><b x="1234" v=\'{CSRF}\'>', {}, Capture("csrf", "body", "\" v='([^']+)")),
        (json.dumps({"page": {"token": CSRF}}), {"mime": JSON}, Capture("csrf", "json", "page.token")),
        ("", {"given": [("X-CSRF", CSRF)]}, Capture("csrf", "header", "X-CSRF")),
        ("", {"given": [("Set-Cookie", f"xsrf={CSRF}; Path=/")]}, Capture("csrf", "cookie", "xsrf")),
    ],
)
def test_a_hidden_value_that_comes_back_is_captured(
    tmp_path: Path, answer: str, options: dict[str, Any], capture: Capture | None
) -> None:
    form = "csrf=IjQ4ZTk3ZGRmYzg4NmE1.aSBk%2Bw%3D%3D&item=book"
    first, second = calls(
        tmp_path, entry("GET /form", answer=answer, **options), entry("POST /buy", form, FORM)
    )
    assert first.captures == ((capture,) if capture else ())
    assert second.body == ("csrf={csrf}&item=book" if capture else form)


@pytest.mark.parametrize(
    ("request_", "body", "kind", "headers", "path", "sent"),
    [
        ("GET /x?t={}&p=1", "", "", {}, "/x?t={t}&p=1", ""),
        ("GET /confirm/{}/now", "", "", {}, "/confirm/{confirm_id}/now", ""),
        ("POST /x", '{{"a": {{"csrf": "{}", "n": 1}}}}', JSON, {}, "/x", '{"a": {"csrf": "{csrf}", "n": 1}}'),
        ("POST /x", '--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{}\r\n--b--\r\n',
         "multipart/form-data; boundary=b", {}, "/x",
         '--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n--b--\r\n'),
    ],
)  # fmt: skip
def test_wherever_it_is_sent(
    tmp_path: Path, request_: str, body: str, kind: str, headers: dict[str, str], path: str, sent: str
) -> None:
    value = "f00dfeed12345678"
    page = entry("GET /form", answer=f'<a data-x="{value}">')
    made = calls(tmp_path, page, entry(request_.format(value), body.format(value), kind, headers=headers))
    assert (made[1].path, made[1].body) == (path, sent)
    assert made[0].captures[0].pattern == '<a data-x="([^"]+)'


def test_in_headers_alone_or_behind_a_word(tmp_path: Path) -> None:
    made = calls(
        tmp_path,
        entry("POST /login", answer='{"access": "abc.def12345.ghi", "x": "f00dfeed12345678"}', mime=JSON),
        entry("GET /me", headers={"Authorization": "Bearer abc.def12345.ghi", "X-CSRF": "f00dfeed12345678"}),
    )
    assert dict(made[1].headers) == {"Authorization": "Bearer {authorization}", "X-CSRF": "{x_csrf}"}
    assert {capture.pattern for capture in made[0].captures} == {"access", "x"}


def test_the_number_of_a_thing_that_was_made_is_captured_where_it_is_named_as_one(tmp_path: Path) -> None:
    made = calls(
        tmp_path,
        entry("POST /orders", '{"count": 17}', JSON, answer='{"count": 17, "order": {"id": 18}}', mime=JSON),
        entry("GET /orders/18/items?page=18"),
        entry("POST /pay", '{"order_id": 18, "count": 17}', JSON),
        entry("GET /orders/17"),
    )
    assert made[0].captures == (Capture("orders_id", "json", "order.id"),)
    assert [call.path for call in made[1:]] == ["/orders/{orders_id}/items?page=18", "/pay", "/orders/17"]
    assert made[2].body == '{"order_id": {orders_id}, "count": 17}'


def test_the_number_in_a_redirect_is_captured_and_a_mere_word_is_not(tmp_path: Path) -> None:
    at = "http://shop.example:8000/users/5/orders/18?new=1"
    made = calls(
        tmp_path,
        entry("POST /orders", given=[("Location", at)]),
        entry("GET /users/5/orders/18?new=1", given=[("Location", "/orders/done")]),
        entry("GET /orders/18/again"),
        entry("GET /orders/done"),
    )
    number = Capture("orders_id", "header", r"Location//users/\d+/orders/([^/?#]+)")
    assert number in made[0].captures
    assert made[1].captures == ()
    assert [call.path for call in made[2:]] == ["/orders/{orders_id}/again", "/orders/done"]


def test_the_last_answer_that_told_it_is_the_one(tmp_path: Path) -> None:
    first, second = "f00dfeed12345678", "0ddba11c0ffee123"
    made = calls(
        tmp_path,
        entry("GET /form", answer=f'<input value="{first}">'),
        entry("POST /step", f"csrf={first}", FORM, answer=f'<input value="{second}">'),
        entry("POST /step", f"csrf={second}", FORM),
        entry("POST /step", f"csrf={second}", FORM),
    )
    assert [[capture.name for capture in call.captures] for call in made] == [["csrf"], ["csrf"], [], []]
    assert [call.body for call in made] == ["", "csrf={csrf}", "csrf={csrf}", "csrf={csrf}"]


def test_values_captured_in_two_ways_keep_two_names(tmp_path: Path) -> None:
    made = calls(
        tmp_path,
        entry("GET /a", answer='{"x": "f00dfeed12345678", "y": "0ddba11c0ffee123"}', mime=JSON),
        entry("POST /b?t=f00dfeed12345678", "t=0ddba11c0ffee123", FORM),
    )
    assert made[0].captures == (Capture("t", "json", "y"), Capture("t_2", "json", "x"))
    assert (made[1].path, made[1].body) == ("/b?t={t_2}", "t={t}")


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        # Client-made: sent before any answer held it.
        ("", "key=f00dfeed12345678"),
        # Chosen among what a page offers: words, short numbers and dates.
        ('<option value="hardcover">', "kind=hardcover"),
        ('<option value="17">', "count=17"),
        ('<option value="2026-11-21">', "day=2026-11-21"),
    ],
)
def test_what_was_typed_or_chosen_stays(tmp_path: Path, answer: str, sent: str) -> None:
    made = calls(
        tmp_path,
        entry("GET /form", answer=answer),
        entry("POST /a", sent, FORM, answer=f'<i value="{sent.partition("=")[2]}">'),
        entry("POST /a", sent, FORM),
    )
    assert [call.captures for call in made] == [(), (), ()]
    assert made[2].body == sent


def test_an_answer_in_base64_is_read(tmp_path: Path) -> None:
    page = entry("GET /form")
    page["response"]["content"] = {
        "mimeType": "text/html", "encoding": "base64", "text": base64.b64encode(FIELD.encode()).decode(),
    }  # fmt: skip
    assert calls(tmp_path, page, entry(f"GET /x?csrf={CSRF}".replace("+", "%2B")))[1].path == "/x?csrf={csrf}"


def test_separate_gets_are_sent_once_each_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, entry("GET /a"), entry("POST /b"), entry("GET /c/alice"), entry("GET /a"))
    flows = read_har(path, values={"alice": "{user}"}, separate=True)
    assert [[call.name for call in flow.calls] for flow in flows] == [["GET /a"], ["GET /c/{user}"]]
    with pytest.raises(UserError, match=r"has no GET of shop\.example:8000"):
        read_har(write(tmp_path, entry("POST /b")), separate=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "is not JSON, so it is no HAR"),
        ("{}", r"has no log\.entries; save it from a browser's network panel"),
        ("[]", r"has no log\.entries"),
        ('{"log": {"entries": []}}', "holds no request to an app"),
        ('{"log": {"entries": [{}]}}', "entry 0 is not as HAR has it: KeyError: 'request'"),
    ],
)
def test_recordings_that_are_wrong_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "shop.har"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"shop\.har.*{said}"):
        read_har(path)


def test_a_host_or_value_that_was_not_recorded_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, entry("GET /a"), entry("GET /style.css"))
    with pytest.raises(UserError, match=r"has no request to 'other'; there are shop\.example:8000"):
        read_har(path, host="other")
    with pytest.raises(
        UserError, match=r"'alice' was to be replaced, but no request to shop\.example:8000 holds it"
    ):
        read_har(path, values={"alice": "{user}"})
    with pytest.raises(UserError, match=r"nothing fills \{usr\}\. Did you mean \{user\}"):
        read_har(path, values={"a": "{usr}"})
