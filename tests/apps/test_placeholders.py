"""Placeholders: any text can be sent as it stands, JSON needs no doubling, and what nothing fills is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.apps.calls import Call, Capture, Flow
from harness.apps.placeholders import check, drawn, fill, literal, names
from harness.core.errors import UserError

BRACY = st.lists(
    st.one_of(
        st.sampled_from(
            ["{", "}", "{{", "}}", "{token}", "{{token}}", "{a}", "{int:n}", "{choice:a|b}", ":", "x"]
        ),
        st.text(max_size=3),
    ),
    max_size=10,
).map("".join)
JSON = st.recursive(
    st.one_of(st.none(), st.integers(), st.text("ab{}: ", max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("ab{}", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def refuse(name: str) -> str:
    raise AssertionError(f"{name} was taken for a placeholder")


@given(BRACY)
def test_a_literal_is_sent_as_it_stands(text: str) -> None:
    assert fill(literal(text), refuse) == text


@given(BRACY, BRACY)
def test_a_placeholder_between_literals_is_the_only_one(before: str, after: str) -> None:
    # A space apart: a brace glued to the placeholder's own would double it.
    template = f"{literal(before)} {{token}} {literal(after)}"
    assert fill(template, lambda name: f"<{name}>") == f"{before} <token> {after}"


@given(JSON)
def test_json_stays_json(value: object) -> None:
    template = literal(json.dumps({"n": value, "after": 0}))[:-2] + "{int}}"
    filled = fill(template, lambda name: {"int": "1"}[name])
    assert json.loads(filled) == {"n": value, "after": 1}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ('{"a":{"b":"{token}"}}', '{"a":{"b":"<token>"}}'),
        ('{"a":{"n":{int}}}', '{"a":{"n":<int>}}'),
        ("{choice:a b|c&d}", "<choice:a b|c&d>"),
        ("{{token}}", "{token}"),
        ("{{{token}}}", "{{token}}"),
        ("{token:a.b-c_d}{token}", "<token:a.b-c_d><token>"),
        ("{ token } {} { {9} {a b} {tok", "{ token } {} { {9} {a b} {tok"),
        ("query { me { name } }", "query { me { name } }"),
    ],
)
def test_what_opens_a_placeholder(template: str, filled: str) -> None:
    assert fill(template, lambda name: f"<{name}>") == filled


CALL = Call("POST", "/a/{token}?x={user}", (("X-A", "{int}"), ("X-B", "{token}")), '{"c":"{csrf}"}')


def test_names_come_from_path_headers_and_body() -> None:
    assert list(names(CALL)) == ["token", "user", "int", "token", "csrf"]
    assert drawn([CALL, CALL]) == ("token", "user", "int")


def capturing(name: str = "csrf", source: str = "json", pattern: str = "a") -> Call:
    return Call("GET", "/form", captures=(Capture(name, source, pattern),))


def test_a_captured_value_fills_calls_behind_its_own() -> None:
    check(Flow((capturing(), CALL)))


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        (
            (CALL,),
            r"POST /a/\{token\}: nothing fills \{csrf\}\. There are \{token\}.*double them: \{\{csrf\}\}",
        ),
        (
            (CALL, capturing()),
            r"\{csrf\} is captured only from the answer to GET /form, which is not sent before",
        ),
        ((Call("GET", "/{tokne}"),), r"Did you mean \{token\}\?"),
        ((capturing("sid"), Call("GET", "/{side}")), r"Did you mean \{sid\}\?"),
        ((Call("GET", "/", captures=(Capture("a", "json", "b"),), body="{a}"),), "captured only from"),
        ((Call("GET", "/{choice:}"),), "nothing fills"),
        ((capturing("token"),), "'token' cannot be captured"),
        ((capturing("choice"),), "'choice' cannot be captured"),
        ((capturing("a b"),), "'a b' cannot be captured"),
        ((capturing(source="body", pattern="(a"),), "no regular expression: missing \\)"),
        ((capturing(source="header", pattern="X-A/a"),), r"by /a/, which has no group: put \( \)"),
        ((capturing(source="body", pattern="a"),), r"no group: put \( \)"),
    ],
)
def test_what_cannot_be_filled_is_named(calls: tuple[Call, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        check(Flow(calls))
