"""Each sign has an exchange that must show it, and a near miss that must not."""

import gzip
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest

from harness.apps.calls import Call
from harness.apps.exchanges import Visit
from harness.apps.oracle.clues import Clue
from harness.apps.oracle.judge import CONNECTION, hint
from harness.core.app_record import Sign
from harness.core.ports import Answer
from tests.apps.oracle.lab import Lab, reply

ME = Call("GET", "/me?t={token}")


def token(visit: Visit) -> str:
    return visit.values["token"]


def user(visit: Visit) -> str:
    return visit.values["user"]


def page(visit: Visit) -> Answer:
    return reply(f"<h1>Hello {user(visit)}</h1>\n<p>Your order {token(visit)} is on its way.</p>")


def cart(visit: Visit) -> Answer:
    return reply({"user": user(visit), "cart": {"id": visit.values["int"], "items": [token(visit)]}})


def only(clues: list[Clue], sign: Sign) -> Clue:
    assert [clue.sign for clue in clues] == [sign], clues
    return clues[0]


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


# LOST


def test_ones_own_value_gone() -> None:
    lab = Lab()
    lab.learn(ME, page)
    mine = lab.visit("u1")
    gone = f"<h1>Hello {user(mine)}</h1>\n<p>Your order None is on its way.</p>"
    clue = only(lab.look(ME, mine, reply(gone)), Sign.LOST)
    assert clue.expected == "Your order ⟨token⟩ is on its way."
    assert clue.shown == "Your order None is on its way."


def test_ones_own_value_gone_from_json_or_a_header() -> None:
    lab = Lab()
    named = Call("GET", "/named")

    def answer(user: str | None, header: str) -> Answer:
        return reply({"user": user, "n": 1}, 200, ("X-Request-User", header))

    lab.learn(named, lambda visit: answer(user(visit), user(visit)))
    mine = lab.visit("u1")
    assert only(lab.look(named, mine, answer(None, user(mine))), Sign.LOST).where == "body .user"
    assert only(lab.look(named, mine, answer(user(mine), "-")), Sign.LOST).where == "header X-Request-User"
    assert lab.look(named, mine, answer(user(mine), user(mine))) == []


def test_what_alone_is_there_only_sometimes_is_not_lost() -> None:
    lab = Lab()
    turns = iter([True, False] * 10)
    lab.learn(ME, lambda visit: reply({"seen": token(visit) if next(turns) else None}))
    assert lab.look(ME, lab.visit(), reply({"seen": None})) == []


# DIFFERS

HELLO = Call("GET", "/hello?lang={choice:de|en}&name={token}")
DE, EN = {"choice:de|en": "de"}, {"choice:de|en": "en"}


def hello(visit: Visit) -> Answer:
    word, number = ("Hallo", "1.234,5") if visit.values["choice:de|en"] == "de" else ("Hello", "1,234.5")
    return reply(f"<p>{word} {token(visit)}</p>\n<p>{number}</p>")


def test_what_another_choice_gets_differs_and_says_so() -> None:
    lab = Lab()
    lab.learn(HELLO, hello, drawn=DE)
    lab.learn(HELLO, hello, drawn=EN)
    mine = lab.visit("u1", DE)
    clue = only(lab.look(HELLO, mine, hello(Visit(mine.label, "u1", {**mine.values, **EN}))), Sign.DIFFERS)
    assert clue.shown == "Hello ⟨token⟩"
    assert "this is what GET /hello?lang=en&name={token} gets alone" in clue.expected
    assert lab.look(HELLO, mine, hello(mine)) == []


def test_a_number_printed_with_anothers_precision_differs() -> None:
    lab = Lab()
    lab.learn(ME, lambda visit: reply("[0.333 0.667]"))
    only(lab.look(ME, lab.visit(), reply("[0.33333333 0.66666667]")), Sign.DIFFERS)
    assert lab.look(ME, lab.visit(), reply("[0.333 0.667]")) == []


def test_even_where_the_number_is_another_each_time() -> None:
    lab = Lab()
    numbers = iter(range(1, 100))
    lab.learn(ME, lambda visit: reply({"x": round(next(numbers) / 7, 3)}))
    only(lab.look(ME, lab.visit(), reply({"x": 40 / 7})), Sign.DIFFERS)
    assert lab.look(ME, lab.visit(), reply({"x": round(40 / 7, 3)})) == []


def test_being_sent_elsewhere_differs() -> None:
    lab = Lab()
    lab.learn(ME, page)
    clue = only(lab.look(ME, lab.visit(), reply("", 302, ("Location", "/login"))), Sign.DIFFERS)
    assert (clue.where, clue.expected) == ("status line", "200")


def test_what_occurs_alone_after_the_flood_is_dropped() -> None:
    lab = Lab()
    lab.learn(ME, lambda visit: reply("board of 0"))
    mine = lab.visit()
    exchange = lab.exchange(ME, mine, reply("board of 17"))
    clue = only(lab.judge.look(exchange), Sign.DIFFERS)
    assert lab.judge.still(clue, exchange)
    sizes = iter(range(20, 100))
    lab.learn(ME, lambda visit: reply(f"board of {next(sizes)}"), after=True)
    assert not lab.judge.still(clue, exchange)


def test_but_what_another_gets_stays_when_the_flood_broke_the_app_for_good() -> None:
    lab = Lab()
    lab.learn(HELLO, hello, drawn=DE)
    lab.learn(HELLO, hello, drawn=EN)
    mine = lab.visit("u1", DE)
    english = hello(Visit(mine.label, "u1", {**mine.values, **EN}))
    exchange = lab.exchange(HELLO, mine, english)
    clue = only(lab.judge.look(exchange), Sign.DIFFERS)
    lab.learn(HELLO, lambda visit: hello(Visit("", "", {**visit.values, **EN})), drawn=DE, after=True)
    assert lab.judge.still(clue, exchange)


def test_rare_differences_ask_for_more_requests_alone() -> None:
    lab = Lab()
    lab.learn(ME, lambda visit: reply("plain"))
    for _ in range(99):
        lab.look(ME, lab.visit(), reply("plain"))
    clue = only(lab.look(ME, lab.visit(), reply("with a banner")), Sign.DIFFERS)
    needed = lab.judge.sends_to_tell(clue)
    assert 670 < needed + 9 < 700  # 0.99 ** 688 is a thousandth
    lab.learn(ME, lambda visit: reply("plain"), times=needed // 3 + 1, after=True)
    assert lab.judge.sends_to_tell(clue) == 0
    assert lab.judge.still(clue, lab.exchange(ME, lab.visit(), reply("with a banner")))


def test_a_difference_gets_a_hint_how_to_allow_it() -> None:
    lab = Lab()
    lab.learn(ME, lambda visit: reply({"visitors": 1}))
    clue = only(lab.look(ME, lab.visit(), reply({"visitors": 12})), Sign.DIFFERS)
    assert "--allow 'GET /me body .visitors'" in hint(clue, lab.alone)
    allowing = Lab("GET /me body .visitors")
    allowing.learn(ME, lambda visit: reply({"visitors": 1}))
    assert allowing.look(ME, allowing.visit(), reply({"visitors": 12})) == []
    assert allowing.allowed.used == {"GET /me body .visitors": 1}


# FAILED and UNANSWERED


def test_errors_only_under_load() -> None:
    lab = Lab()
    lab.learn(ME, page)
    clue = only(lab.look(ME, lab.visit(), reply("Internal Server Error", 500)), Sign.FAILED)
    assert (clue.where, clue.expected) == ("status line", "200")
    only(lab.look(ME, lab.visit(), reply("who are you?", 403)), Sign.FAILED)
    lost = only(lab.look(ME, lab.visit(), None, "connection lost: reset"), Sign.FAILED)
    assert lost.where == CONNECTION
    only(lab.look(ME, lab.visit(), None, "no answer within 10 s"), Sign.UNANSWERED)


def test_errors_that_occur_alone_too_say_nothing() -> None:
    lab = Lab()
    statuses = iter([200, 500, 404] * 3)
    lab.learn(ME, lambda visit: reply("", next(statuses)))
    assert lab.look(ME, lab.visit(), reply("", 500)) == []
    assert lab.look(ME, lab.visit(), reply("", 404)) == []
    assert lab.look(ME, lab.visit(), None, "no answer within 10 s") == []


def test_who_hangs_up_is_not_unanswered() -> None:
    lab = Lab()
    lab.learn(ME, page)
    assert lab.look(ME, lab.visit(), None) == []


@pytest.mark.parametrize("answer", [reply("", 429), reply("", 503, ("Retry-After", "1"))])
def test_a_server_that_sheds_load_and_says_so_does_not_fail(answer: Answer) -> None:
    lab = Lab()
    lab.learn(ME, page)
    assert lab.look(ME, lab.visit(), answer) == []


def test_after_the_flood_a_refusal_counts_as_alone_but_no_error() -> None:
    lab = Lab()
    lab.learn(ME, page)
    sold_out = lab.exchange(ME, lab.visit(), reply("sold out", 409))
    broken = lab.exchange(ME, lab.visit(), reply("oops", 500))
    refusal, error = lab.judge.look(sold_out)[0], lab.judge.look(broken)[0]
    statuses = iter([409, 500, 200] * 3)
    lab.learn(ME, lambda visit: reply("", next(statuses)), after=True)
    assert not lab.judge.still(refusal, sold_out)
    assert lab.judge.still(error, broken)


def test_without_requests_sent_alone_only_tokens_tell() -> None:
    lab = Lab()
    mine, other = lab.visit("u1"), lab.visit("u2")
    assert lab.look(ME, mine, reply("", 500)) == []
    assert lab.look(ME, mine, reply("anything")) == []
    only(lab.look(ME, mine, page(other)), Sign.FOREIGN)


def test_what_is_foreign_alone_already_gets_a_hint() -> None:
    lab = Lab()
    board = Call("GET", "/board")
    others = [token(lab.visit("u9"))]
    lab.learn(board, lambda visit: reply({"messages": others}))
    clue = only(lab.look(board, lab.visit("u1"), reply({"messages": others})), Sign.FOREIGN)
    assert "--allow 'GET /board'" in hint(clue, lab.alone)
    lab.learn(ME, page)
    only_loaded = only(lab.look(ME, lab.visit("u1"), page(lab.visit("u2"))), Sign.CROSSED)
    assert hint(only_loaded, lab.alone) == ""
