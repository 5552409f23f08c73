"""Sentences: each part is understood, quotes hold everything, and what is not understood is pointed at."""

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.apps.calls import Call, Capture, Flow
from harness.apps.placeholders import literal
from harness.apps.spoken import parse
from harness.core.errors import UserError

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("sentence", "calls"),
    [
        (
            "GET /whoami?user={token} Cookie: sid={token}",
            [Call("GET", "/whoami?user={token}", (("Cookie", "sid={token}"),))],
        ),
        (
            f"POST /login Content-Type: {FORM} body: name={{user}}&pw=x",
            [Call("POST", "/login", (("Content-Type", FORM),), "name={user}&pw=x")],
        ),
        ("get /", [Call("GET", "/")]),
        (
            "GET / Authorization: Bearer {token} Accept: text/html, */*;q=0.1",
            [Call("GET", "/", (("Authorization", "Bearer {token}"), ("Accept", "text/html, */*;q=0.1")))],
        ),
        ("GET / X-At: 12:30 http://a:1/b", [Call("GET", "/", (("X-At", "12:30 http://a:1/b"),))]),
        (
            'GET / X-A: \'a: b -> capture\' X-B: "say \\"it\\" \\n"',
            [
                Call("GET", "/", (("X-A", "a: b -> capture"), ("X-B", 'say "it" \\n'))),
            ],
        ),
        ('GET / X-A: "" X-B: it\'s', [Call("GET", "/", (("X-A", ""), ("X-B", "it's")))]),
        ("POST / body: note=Joe Doe & Co", [Call("POST", "/", (), "note=Joe Doe & Co")]),
        (
            'POST / body: {"a": {"b: -> }": ["{token}", 1]}} X-A: 1',
            [Call("POST", "/", (("X-A", "1"),), '{"a": {"b: -> }": ["{token}", 1]}}')],
        ),
        ("POST / body: {token}&x=1 X-A: 1", [Call("POST", "/", (("X-A", "1"),), "{token}&x=1")]),
        ("GET /{choice:a b|c}/x", [Call("GET", "/{choice:a b|c}/x")]),
        (
            'GET /form capture csrf=body:/name="csrf" value="([^"]+)"/ -> POST /buy body: csrf={csrf}',
            [
                Call("GET", "/form", captures=(Capture("csrf", "body", 'name="csrf" value="([^"]+)"'),)),
                Call("POST", "/buy", (), "csrf={csrf}"),
            ],
        ),
        (
            r"GET /a capture b=body:/\/x -> (.) / capture c=json:a.0 capture d=header:D capture e=cookie:e -> GET {b}",
            [
                Call(
                    "GET",
                    "/a",
                    captures=(
                        Capture("b", "body", "/x -> (.) "),
                        Capture("c", "json", "a.0"),
                        Capture("d", "header", "D"),
                        Capture("e", "cookie", "e"),
                    ),
                ),
                Call("GET", "{b}"),
            ],
        ),
    ],
)
def test_a_sentence_says(sentence: str, calls: list[Call]) -> None:
    assert parse(sentence) == Flow(tuple(calls))


def test_a_part_of_a_header_can_be_captured() -> None:
    flow = parse(r"POST /a capture id=header:Location/\/a\/(\d+)/ X-A: 1 -> GET /b/{id}")
    assert flow.calls[0] == Call(
        "POST", "/a", (("X-A", "1"),), "", (Capture("id", "header", r"Location//a/(\d+)"),)
    )


def test_weight_and_name_are_the_flows() -> None:
    flow = parse("GET /a name: look and buy -> POST /b weight: 3")
    assert (flow.weight, flow.name, len(flow.calls)) == (3, "look and buy", 2)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")))
def test_any_value_can_be_quoted(value: str) -> None:
    quoted = '"' + literal(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert parse(f"POST / X-A: {quoted} body: {quoted} X-B: b").calls[0] == Call(
        "POST", "/", (("X-A", literal(value)), ("X-B", "b")), literal(value)
    )
    if value and shlex.quote(value) != value:
        assert parse(f"POST / body: {quoted}").calls[0].body == literal(shlex.split(shlex.quote(value))[0])


@given(
    st.dictionaries(
        st.text('ab{}"\\ :', max_size=5), st.lists(st.text('ab[]{}"\\ ', max_size=5), max_size=3), max_size=3
    )
)
def test_any_json_body_needs_no_quotes(value: object) -> None:
    body = literal(json.dumps(value))
    flow = parse(f"POST /a body: {body} X-A: 1 -> GET /b")
    assert [call.body for call in flow.calls] == [body, ""]
    assert flow.calls[0].headers == (("X-A", "1"),)


@pytest.mark.parametrize(
    ("sentence", "said", "column"),
    [
        ("", "begins with a method and a path", 0),
        ("/whoami", "begins with a method and a path", 0),
        ("GET", "behind the method stands the path", 3),
        ("GET whoami", "a path begins with /", 4),
        ("GET http://shop/x", "without scheme and host", 4),
        ("GET /a b", "a blank in a path is written %20", 7),
        ("GET / X-A:", 'X-A: has no value; an empty one is written ""', 10),
        ("GET / X-A: X-B: 1", "X-A: has no value", 11),
        ("GET / X-A: 'abc", "this ' is not closed", 11),
        ("GET / X-A: 'abc'd", "behind a closing '", 16),
        ('POST / body: {"a": [1}', "this { is not closed; a body that is no JSON goes in quotes", 13),
        ('POST / body: {"a": 1}x', "behind the end of the body", 21),
        ("POST / body: a body: b", "this is a second", 15),
        ("GET / weight: 0", "whole number from 1, not '0'", 6),
        ("GET / weight: x", "whole number from 1, not 'x'", 6),
        ("GET / weight: 1 -> GET / weight: 2", "one weight for all its calls", 25),
        ("GET / ->", "begins with a method", 8),
        ("GET / capture", "NAME=SOURCE", 13),
        ("GET / capture csrf", "NAME=SOURCE", 14),
        ("GET / capture csrf=xml:a", "json:a.b, header:NAME", 14),
        ("GET / capture a=json: X-A: 1", "behind json: stands what to take", 21),
        ("GET / capture a=header:X/(x)", "stands between slashes", 24),
        ("GET / capture a=body:(x)", r"a / within it is written \/", 21),
        ("GET / capture a=body:/(x)/y", "stands between slashes", 21),
    ],
)
def test_what_is_not_understood_is_pointed_at(sentence: str, said: str, column: int) -> None:
    with pytest.raises(UserError) as caught:
        parse(sentence)
    message, shown, caret = str(caught.value).split("\n")
    assert said in message
    assert message.startswith("--request: ")
    assert shown == "    " + sentence
    assert caret == "    " + " " * column + "^"


def test_a_placeholder_that_nothing_fills_is_refused() -> None:
    with pytest.raises(UserError, match=r"^--request: GET /\{csrf\}: nothing fills \{csrf\}"):
        parse("GET /{csrf}")


def test_of_a_long_sentence_only_the_place_is_shown() -> None:
    with pytest.raises(UserError) as caught:
        parse(f"GET /{'a' * 5000} X-A: '{'b' * 5000}")
    _, shown, caret = str(caught.value).split("\n")
    assert len(shown) < 200
    assert shown[len(caret) - 1] == "'"


def test_what_an_answer_must_hold_is_said_per_call() -> None:
    flow = parse("GET /me?u={user} expect {user} expect 'capture the flag' -> GET /out Expect: 100-continue")
    assert [call.expects for call in flow.calls] == [("{user}", "capture the flag"), ()]
    assert flow.calls[1].headers == (("Expect", "100-continue"),)


def test_what_was_captured_cannot_be_expected() -> None:
    with pytest.raises(UserError, match=r"GET /b: expect '\{id\}' holds \{id\}"):
        parse("GET /a capture id=json:id -> GET /b expect {id}")
