"""Patterns of what may come back to others let through what they say, and no more; each is counted."""

import pytest

from harness.apps.calls import Call
from harness.apps.oracle.allowed import Allowed
from harness.core.app_record import Sign
from harness.core.errors import UserError
from tests.apps.oracle.lab import Lab, reply

TEXT = "<p>by zqanna and zqbert</p>"
ANNA, BERT = (6, 12), (17, 23)


@pytest.mark.parametrize(
    ("pattern", "endpoint", "place"),
    [
        ("GET /board", "GET /board", "body"),
        ("GET /board", "GET /board", "header X-Last"),
        ("get /board", "GET /board", "body"),
        ("* /board*", "POST /board/{token}", "body"),
        ("GET /board/{token}", "GET /board/{token}", "body"),
        ("GET /board body", "GET /board", "body .messages[].author"),
        ("GET /board body .messages[].author", "GET /board", "body .messages[].author"),
        ("GET /board body .messages[].*", "GET /board", "body .messages[].author"),
        ("GET /board header X-Last", "GET /board", "header X-Last"),
        ("GET /board cookie last", "GET /board", "cookie last"),
        ("GET /board: /by (\\w+)/", "GET /board", "body"),
        ("GET /board body: /by (\\w+)/", "GET /board", "body"),
        ("GET * body *", "GET /board", "body .a"),
    ],
)
def test_lets_pass(pattern: str, endpoint: str, place: str) -> None:
    assert Allowed([pattern]).lets(endpoint, place, TEXT, *ANNA) == pattern


@pytest.mark.parametrize(
    ("pattern", "endpoint", "place"),
    [
        ("GET /board", "POST /board", "body"),
        ("GET /board", "GET /boards", "body"),
        ("GET /board body .messages[].author", "GET /board", "body .messages[].secret"),
        ("GET /board body .messages[].author", "GET /board", "body .messagesx.author"),
        ("GET /board header X-Last", "GET /board", "header X-User"),
        ("GET /board body", "GET /board", "header X-User"),
        ("GET /board: /and (\\w+)/", "GET /board", "body"),
    ],
)
def test_lets_not_pass(pattern: str, endpoint: str, place: str) -> None:
    assert Allowed([pattern]).lets(endpoint, place, TEXT, *ANNA) is None


def test_a_regex_covers_only_what_it_matches() -> None:
    allowed = Allowed(["GET /board: /by (\\w+)/"])
    assert allowed.lets("GET /board", "body", TEXT, *ANNA)
    assert not allowed.lets("GET /board", "body", TEXT, *BERT)


def test_an_endpoint_alone_does_not_allow_its_answers_to_differ() -> None:
    assert Allowed(["GET /a"]).lets_differ("GET /a", "body", "x") is None
    assert Allowed(["GET /a body .n"]).lets_differ("GET /a", "body .n", "5")
    assert Allowed(["GET /a body .n"]).lets_differ("GET /a", "body .m", "5") is None
    assert Allowed(["GET /a: /online: \\d+/"]).lets_differ("GET /a", "body", "online: 5")
    assert Allowed(["GET /a: /online: \\d+/"]).lets_differ("GET /a", "body", "offline") is None


@pytest.mark.parametrize("pattern", ["", "board", "GET", "GET /board nowhere .x", "GET /board: /(/"])
def test_a_slip_of_the_pen_is_explained(pattern: str) -> None:
    with pytest.raises(UserError, match=r"--allow .*a \* stands for anything"):
        Allowed([pattern])


def test_each_answer_is_counted_once_and_unused_patterns_are_told() -> None:
    lab = Lab("GET /board", "GET /bored")
    board = Call("GET", "/board")
    others = " ".join(lab.visit(f"u{n}").values["token"] for n in range(2, 9))
    assert lab.look(board, lab.visit("u1"), reply(others)) == []
    assert lab.look(board, lab.visit("u1"), reply("nobody")) == []
    assert [clue.sign for clue in lab.look(Call("GET", "/me"), lab.visit("u1"), reply(others))] == [
        Sign.FOREIGN
    ] * 3
    assert lab.allowed.used == {"GET /board": 1, "GET /bored": 0}
    assert lab.allowed.unused == ("GET /bored",)


def test_pages_of_a_public_list_that_fill_up_under_load_are_not_taken_for_each_other() -> None:
    lab = Lab("GET /board")
    board = Call("GET", "/board?page={choice:1|2}")
    first, second = ({"choice:1|2": page} for page in "12")
    posted = [{"by": lab.visit("u9").values["token"]}]
    lab.learn(board, lambda _: reply({"list": posted}), drawn=first)
    lab.learn(board, lambda _: reply({"list": []}), drawn=second)
    filled = reply({"list": [{"by": lab.visit("u8").values["token"]}]})
    lab.learn(board, lambda _: filled, drawn=second, after=True)
    assert lab.look(board, lab.visit("u1", second), filled) == []
