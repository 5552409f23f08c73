"""A walk sends what the templates say, keeps cookies and captured values, and says which answer lacked one."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.apps.calls import Call, Capture, Flow
from harness.apps.exchanges import Visit
from harness.apps.placeholders import check
from harness.apps.walk import NotCapturedError, Prepared, Walk
from harness.core.ports import Answer

VISIT = Visit("u1v2", "u1", {"token": "zqt", "user": "zqu", "int": "97", "choice:a|b": "b"})
FORM = "application/x-www-form-urlencoded"


def prepared(call: Call, jar: dict[str, str] | None = None) -> Prepared:
    flow = Flow((call,))
    check(flow)
    return Walk(flow, VISIT, {} if jar is None else jar).prepare(call)


def test_placeholders_are_filled_everywhere() -> None:
    call = Call(
        "PUT", "/{user}/{int}?q={token}", (("X-Own", "a {token}"),), '{"n": {int}, "s": {"t": "{token}"}}'
    )
    assert prepared(call) == Prepared(
        "PUT",
        "/zqu/97?q=zqt",
        (("X-Own", "a zqt"), ("Content-Type", "application/json")),
        b'{"n": 97, "s": {"t": "zqt"}}',
    )


def test_what_was_sent_is_told_as_text() -> None:
    assert prepared(Call("POST", "/x", body="a={token}")).sent == f"POST /x\nContent-Type: {FORM}\n\na=zqt"
    assert prepared(Call("GET", "/x")).sent == "GET /x\n"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"a": 1}', "application/json"),
        (' [{"a": "{token}"}]', "application/json"),
        ("a={token}&b=Joe Doe", FORM),
        ("user[name]=x", FORM),
        ("{token}", None),
        ("<a b='1'/>", None),
        ("hello, world", None),
        ("", None),
    ],
)
def test_the_content_type_is_guessed_by_the_looks_of_the_template(body: str, kind: str | None) -> None:
    assert dict(prepared(Call("POST", "/", body=body)).headers).get("Content-Type") == kind


def test_a_given_content_type_stays() -> None:
    call = Call("POST", "/", (("content-type", "text/plain"),), '{"a": 1}')
    assert prepared(call).headers == (("content-type", "text/plain"),)


def test_a_target_is_made_legal_and_else_left_alone() -> None:
    assert (
        prepared(Call("GET", "/a%20b/c d/ü?x=[1]&y=a%2Fb+c#f?g")).target
        == "/a%20b/c%20d/%C3%BC?x=[1]&y=a%2Fb+c"
    )


def test_cookies_of_the_jar_join_those_of_the_template_which_win() -> None:
    call = Call("GET", "/", (("cookie", "a={token}; b=2"), ("X-A", "1")))
    assert prepared(call, {"a": "old", "c": "3"}).headers == (("X-A", "1"), ("Cookie", "a=zqt; b=2; c=3"))
    assert prepared(Call("GET", "/"), {"c": "3"}).headers == (("Cookie", "c=3"),)
    assert prepared(Call("GET", "/"), {}).headers == ()


def answer(body: str = "", *headers: tuple[str, str], status: int = 200) -> Answer:
    return Answer(status, headers, body.encode())


def captured(capture: Capture, given_answer: Answer, then: Call) -> Prepared:
    flow = Flow((Call("GET", "/form", captures=(capture,)), then))
    check(flow)
    walk = Walk(flow, VISIT, {})
    walk.take(flow.calls[0], given_answer)
    return walk.prepare(then)


HTML = ("Content-Type", "text/html; charset=utf-8")
FIELD = Capture("v", "body", 'value="([^"]*)"')


@pytest.mark.parametrize(
    ("capture", "got", "value"),
    [
        (FIELD, answer('<input value="a&amp;b">', HTML), "a&b"),
        (FIELD, answer('value="a&amp;b"'), "a&amp;b"),
        (Capture("v", "json", "items.1.id"), answer('{"items": [{"id": 4}, {"id": 5}]}'), "5"),
        (Capture("v", "json", "a"), answer('{"a": "x"}'), "x"),
        (Capture("v", "json", "a"), answer('{"a": [true]}'), "[true]"),
        (Capture("v", "header", "location"), answer("", ("Location", "/next/7")), "/next/7"),
        (Capture("v", "header", r"location//(\d+)"), answer("", ("Location", "/next/7?a=b")), "7"),
        (Capture("v", "cookie", "csrf"), answer("", ("Set-Cookie", "csrf=t; Path=/")), "t"),
    ],
)
def test_a_value_is_captured(capture: Capture, got: Answer, value: str) -> None:
    assert captured(capture, got, Call("GET", "/", (("X-V", "{v}"),))).headers[0] == ("X-V", value)


@pytest.mark.parametrize(
    ("capture", "got", "why"),
    [
        (FIELD, answer("oops", status=500), "and its body does not match /value="),
        (Capture("v", "body", "a(b)?"), answer("a"), "the group in .* matched nothing"),
        (Capture("v", "json", "a.c"), answer('{"a": {"b": 1}}'), r"no 'a\.c': no 'c', only 'b'"),
        (Capture("v", "json", "a.0"), answer('{"a": []}'), r"no 'a\.0': no '0'"),
        (Capture("v", "json", "a"), answer("<html>"), "its body is not JSON"),
        (Capture("v", "json", "a"), answer("3"), "no 'a'"),
        (Capture("v", "header", "X-A"), answer(), "has no header 'X-A'"),
        (Capture("v", "header", "X-A/(b)"), answer("", ("x-a", "c")), "its X-A does not match /.b./"),
        (Capture("v", "header", "X-A/(b)?"), answer("", ("x-a", "c")), "matched nothing"),
        (Capture("v", "cookie", "sid"), answer("", ("Set-Cookie", "a=1")), "set no cookie 'sid', only 'a'"),
        (Capture("v", "cookie", "sid"), answer("", ("Set-Cookie", "sid=; Max-Age=0")), "set no cookie 'sid'"),
    ],
)
def test_what_was_not_captured_is_said_where_it_is_needed(capture: Capture, got: Answer, why: str) -> None:
    with pytest.raises(
        NotCapturedError, match=rf"^GET /next needs \{{v\}}, but GET /form was answered {got.status}, .*{why}"
    ):
        captured(capture, got, Call("GET", "/next?v={v}"))


def test_a_value_is_not_taken_from_the_answer_before_the_last() -> None:
    flow = Flow((Call("GET", "/form", captures=(FIELD,)), Call("GET", "/{v}")))
    walk = Walk(flow, VISIT, {})
    with pytest.raises(NotCapturedError, match="no answer that it is captured from has come"):
        walk.prepare(flow.calls[1])
    walk.take(flow.calls[0], answer('value="1"'))
    assert walk.prepare(flow.calls[1]).target == "/1"
    walk.take(flow.calls[0], answer("nothing"))
    with pytest.raises(NotCapturedError, match="does not match"):
        walk.prepare(flow.calls[1])


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_captured_value_arrives_whole_in_queries_forms_and_json(value: str) -> None:
    capture, got = Capture("v", "json", "v"), answer(json.dumps({"v": value}))
    query = urlsplit("http://x" + captured(capture, got, Call("GET", "/?a=1&v={v}&b=2")).target).query
    assert parse_qs(query, keep_blank_values=True, strict_parsing=True)["v"] == [value]
    form = captured(capture, got, Call("POST", "/", body="v={v}&b=2")).body.decode()
    assert parse_qs(form, keep_blank_values=True, strict_parsing=True)["v"] == [value]
    assert json.loads(captured(capture, got, Call("POST", "/", body='{"v":"{v}"}')).body) == {"v": value}
    header = dict(captured(capture, got, Call("GET", "/", (("X-V", "{v}"),))).headers)["X-V"]
    assert header == " ".join(value.splitlines())


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("/orders/7?page=2&x=%20", "/orders/7?page=2&x=%20"),
        ("http://shop.example:8000/a?b=http://c/d#e", "/a?b=http://c/d"),
        ("https://shop.example", "/"),
        ("orders", "/orders"),
    ],
)
def test_a_captured_link_is_followed_without_its_host(link: str, target: str) -> None:
    got = answer("", ("Location", link))
    assert captured(Capture("v", "header", "Location"), got, Call("GET", "{v}")).target == target


def test_the_jar_is_shared_with_the_users_other_visits() -> None:
    flow, jar = Flow((Call("POST", "/login"), Call("GET", "/me"))), {"old": "1"}
    walk = Walk(flow, VISIT, jar)
    walk.take(flow.calls[0], answer("", ("set-cookie", "sid=7; HttpOnly"), ("Set-Cookie", "old=; Max-Age=0")))
    assert jar == {"sid": "7"}
    assert Walk(flow, VISIT, jar).prepare(flow.calls[1]).headers == (("Cookie", "sid=7"),)
