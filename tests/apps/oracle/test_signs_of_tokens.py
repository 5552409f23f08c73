"""Tokens of others in an answer: each sign has an exchange that must show it, and a near miss that must not."""

import gzip
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest

from harness.apps.calls import Call
from harness.apps.exchanges import Visit
from harness.core.app_record import Sign
from harness.core.ports import Answer
from tests.apps.oracle.lab import ME, Lab, cart, only, page, reply, token, user

# FOREIGN


def test_anothers_token_beside_ones_own_is_foreign() -> None:
    lab = Lab()
    lab.learn(ME, page)
    mine, other = lab.visit("u1"), lab.visit("u2")
    answer = reply(page(mine).body.decode() + f"\n<p>Recently: {token(other)}</p>")
    clue = only(lab.look(ME, mine, answer), Sign.FOREIGN)
    assert clue.owner is not None
    assert (clue.owner.visit, clue.owner.text) == (other.label, token(other))
    assert clue.where == "body"
    assert f"Recently: ⟨token of {other.label}⟩" in clue.shown
    assert lab.look(ME, mine, page(mine)) == []


@pytest.mark.parametrize(
    ("where", "header"),
    [
        ("header X-User", lambda text: ("x-user", f"id {text}")),
        ("cookie last", lambda text: ("Set-Cookie", f"last={text}; Path=/")),
        ("header Location", lambda text: ("Location", f"/orders/{text}")),
    ],
)
def test_headers_and_cookies_are_looked_through(where: str, header: Callable[[str], tuple[str, str]]) -> None:
    lab = Lab()
    lab.learn(ME, page)
    mine, other = lab.visit("u1"), lab.visit("u2")
    body = page(mine).body.decode()
    assert only(lab.look(ME, mine, reply(body, 200, header(token(other)))), Sign.FOREIGN).where == where
    assert lab.look(ME, mine, reply(body, 200, header(token(mine)))) == []


def signed(text: str) -> str:
    return urlsafe_b64encode(b'{"uid":"' + text.encode() + b'"}').decode().rstrip("=") + ".ZzZzZz." + "s" * 27


def test_a_token_inside_a_signed_cookie_is_found() -> None:
    lab = Lab()
    lab.learn(ME, page)
    mine, other = lab.visit("u1"), lab.visit("u2")
    body = page(mine).body.decode()
    clue = only(
        lab.look(ME, mine, reply(body, 200, ("Set-Cookie", f"s={signed(user(other))}"))), Sign.FOREIGN
    )
    assert clue.where == "cookie s"
    assert clue.shown.startswith("⟨user of u2⟩ encoded in ")
    assert lab.look(ME, mine, reply(body, 200, ("Set-Cookie", f"s={signed(user(mine))}"))) == []


def test_in_json_the_place_is_a_path() -> None:
    lab = Lab()
    lab.learn(ME, cart)
    mine, other = lab.visit("u1"), lab.visit("u2")
    body = {"user": user(mine), "cart": {"id": mine.values["int"], "items": [token(mine), token(other)]}}
    assert only(lab.look(ME, mine, reply(body)), Sign.FOREIGN).where == "body .cart.items[]"
    own = {"user": user(mine), "cart": {"id": int(mine.values["int"]), "items": [token(mine)]}}
    clue = only(lab.look(ME, mine, reply({**own, token(other): 1})), Sign.FOREIGN)
    assert clue.where == "body .⟨another's token⟩"


def test_an_earlier_visit_of_the_same_user_may_be_remembered() -> None:
    lab = Lab()

    def history(visit: Visit, before: str = "none") -> Answer:
        return reply(f"now {token(visit)}\nbefore {before}")

    lab.learn(ME, history)
    first, second = lab.visit("u1"), lab.visit("u1")
    assert not [
        clue for clue in lab.look(ME, second, history(second, token(first))) if clue.sign is Sign.FOREIGN
    ]


@pytest.mark.parametrize("app", [page, cart])
def test_but_not_where_alone_ones_own_stands(app: Callable[[Visit], Answer]) -> None:
    lab = Lab()
    lab.learn(ME, app)
    first, second = lab.visit("u1"), lab.visit("u1")
    clue = only(lab.look(ME, second, app(first)), Sign.CROSSED)
    assert clue.owner is not None
    assert clue.owner.visit == first.label
    assert f"of {first.label}⟩" in clue.shown


def test_a_cut_answer_is_looked_through_for_foreign_tokens_only() -> None:
    lab = Lab()
    lab.learn(ME, page)
    mine, other = lab.visit("u1"), lab.visit("u2")
    whole = page(other).body.decode()
    assert only(lab.look(ME, mine, reply(whole, cut=True)), Sign.CROSSED).owner is not None
    assert lab.look(ME, mine, reply(page(mine).body.decode()[:20], cut=True)) == []


def zipped(body: bytes, encoding: str) -> Answer:
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw": raw.compress(body) + raw.flush(),
    }[encoding]
    header = "deflate" if encoding == "raw" else encoding
    return Answer(200, (("Content-Type", "text/html"), ("Content-Encoding", header)), packed)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw"])
def test_compressed_answers_are_unpacked_first(encoding: str) -> None:
    lab = Lab()
    lab.learn(ME, lambda visit: zipped(page(visit).body, encoding))
    mine, other = lab.visit("u1"), lab.visit("u2")
    only(lab.look(ME, mine, zipped(page(other).body, encoding)), Sign.CROSSED)
    assert lab.look(ME, mine, zipped(page(mine).body, encoding)) == []


def test_what_cannot_be_unpacked_is_no_finding() -> None:
    lab = Lab()
    lab.learn(ME, lambda visit: Answer(200, (("Content-Encoding", "br"),), token(visit).encode()))
    assert lab.look(ME, lab.visit(), Answer(200, (("Content-Encoding", "br"),), b"\x8b\x05")) == []


# CROSSED


@pytest.mark.parametrize("app", [page, cart])
def test_the_whole_answer_of_another_is_one_crossed_clue(app: Callable[[Visit], Answer]) -> None:
    lab = Lab()
    lab.learn(ME, app)
    mine, other = lab.visit("u1"), lab.visit("u2")
    clue = only(lab.look(ME, mine, app(other)), Sign.CROSSED)
    assert clue.owner is not None
    assert clue.owner.visit == other.label
    assert "⟨token⟩" in clue.expected


def test_where_alone_no_own_token_stands_nothing_is_crossed() -> None:
    lab = Lab()
    lab.learn(ME, lambda visit: reply("latest: none"))
    mine, other = lab.visit("u1"), lab.visit("u2")
    only(lab.look(ME, mine, reply(f"latest: {token(other)}")), Sign.FOREIGN)


def test_tokens_of_two_others_are_two_foreign_clues() -> None:
    lab = Lab()
    lab.learn(ME, page)
    mine, other, third = lab.visit("u1"), lab.visit("u2"), lab.visit("u3")
    clues = lab.look(ME, mine, reply(f"{token(other)} {token(third)}"))
    assert [clue.sign for clue in clues] == [Sign.FOREIGN] * 2
    assert [clue.owner and clue.owner.visit for clue in clues] == [other.label, third.label]


def test_the_answer_of_another_endpoint_is_crossed() -> None:
    lab = Lab()
    about = Call("GET", "/about")
    lab.learn(ME, lambda visit: reply("<h1>All well</h1>"))
    lab.learn(about, lambda visit: reply("<h1>About us</h1>"))
    clue = only(lab.look(ME, lab.visit(), reply("<h1>About us</h1>")), Sign.CROSSED)
    assert "this is what GET /about gets alone" in clue.expected


# SHARED_COOKIE


def with_cookie(value: str) -> Answer:
    return reply("welcome", 200, ("Set-Cookie", f"sid={value}; HttpOnly; Path=/"))


def test_a_cookie_of_ones_own_given_to_two_users() -> None:
    lab = Lab()
    values = iter(f"session-number-{n:06x}" for n in range(100))
    lab.learn(ME, lambda visit: with_cookie(next(values)))
    first, second = lab.visit("u1"), lab.visit("u2")
    assert lab.look(ME, first, with_cookie("session-abcdef")) == []
    assert lab.look(ME, lab.visit("u1"), with_cookie("session-abcdef")) == []
    clue = only(lab.look(ME, second, with_cookie("session-abcdef")), Sign.SHARED_COOKIE)
    assert clue.owner is not None
    assert (clue.owner.visit, clue.where) == (first.label, "cookie sid")


@pytest.mark.parametrize(
    "values", [["language=english"], ["variant-a-a", "variant-b-b"], ["2026-11-21 11:20"]]
)
def test_constants_and_variants_are_no_cookie_of_ones_own(values: list[str]) -> None:
    lab = Lab()
    turns = iter(values * 20)
    lab.learn(ME, lambda visit: with_cookie(next(turns)))
    assert lab.look(ME, lab.visit("u1"), with_cookie(values[0])) == []
    assert lab.look(ME, lab.visit("u2"), with_cookie(values[0])) == []


def test_a_cookie_signed_in_the_same_second_is_no_cookie_of_ones_own() -> None:
    lab = Lab()
    signatures = iter(f".ZzZz{n:02d}.{'s' * 20}{n:07d}" for n in range(100))
    lab.learn(ME, lambda visit: with_cookie("eyJsYW5nIjoiZGUifQ" + next(signatures)))
    same = with_cookie("eyJsYW5nIjoiZGUifQ" + next(signatures))
    assert lab.look(ME, lab.visit("u1"), same) == []
    assert lab.look(ME, lab.visit("u2"), same) == []
