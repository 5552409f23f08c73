"""Answers that are not as alone: each sign has an exchange that must show it, and a near miss that must not."""

from math import comb

import pytest

from harness.apps.calls import Call
from harness.apps.exchanges import Visit
from harness.apps.oracle.clues import Clue
from harness.apps.oracle.judge import CONNECTION, hint
from harness.core.app_record import Sign
from harness.core.ports import Answer
from tests.apps.oracle.lab import ME, Lab, only, page, reply, token, user

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


def test_what_an_answer_is_said_to_hold_is_missed_also_where_it_is_never_there() -> None:
    lab = Lab()
    told = Call("GET", "/me?t={token}", expects=("user={user}", "{token}"))
    lab.learn(told, lambda visit: reply("nobody"))
    mine = lab.visit("u1")
    clue = only(lab.look(told, mine, reply("nobody")), Sign.LOST)
    assert clue.expected == "user={user} somewhere in the answer"
    assert lab.judge.still(clue, lab.exchange(told, mine, reply("nobody")))
    half = only(lab.look(told, mine, reply(f"user={user(mine)}")), Sign.LOST)
    assert half.expected == "{token} somewhere in the answer"


def test_what_an_answer_is_said_to_hold_may_stand_in_a_header_and_an_error_is_judged_as_one() -> None:
    lab = Lab()
    told = Call("GET", "/me?t={token}", expects=("{token}",))
    lab.learn(told, lambda visit: reply("hello", 200, ("X-For", token(visit))))
    mine = lab.visit("u1")
    assert lab.look(told, mine, reply("hello", 200, ("X-For", token(mine)))) == []
    only(lab.look(told, mine, reply("sorry", 500)), Sign.FAILED)


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


def test_of_many_choices_each_is_learnt_by_itself() -> None:
    lab = Lab()
    call = Call("GET", "/{choice:de|en}/{choice:a|b|c|d|e|f}")

    def answer(visit: Visit) -> Answer:
        language, letter = (visit.values[name] for name in ("choice:de|en", "choice:a|b|c|d|e|f"))
        return reply(f"{'Hallo' if language == 'de' else 'Hello'} {letter}")

    for letter in "abcdef":
        for language in ("de", "en"):
            drawn = {"choice:de|en": language, "choice:a|b|c|d|e|f": letter}
            lab.learn(call, answer, drawn=drawn, times=1, users=["u1"])
    mine = lab.visit("u1", {"choice:de|en": "de", "choice:a|b|c|d|e|f": "b"})
    clue = only(lab.look(call, mine, reply("Hello b")), Sign.DIFFERS)
    assert clue.expected.startswith("Hallo … (this is what GET /en/{choice:a|b|c|d|e|f} gets alone")
    assert lab.look(call, mine, answer(mine)) == []


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


def banners(lab: Lab, seen: int, looked: int) -> Clue:
    """Let so many answers of so many differ, and return the clue of one."""
    lab.learn(ME, lambda visit: reply("plain"))
    for _ in range(looked - seen):
        lab.look(ME, lab.visit(), reply("plain"))
    clues = [only(lab.look(ME, lab.visit(), reply("with a banner")), Sign.DIFFERS) for _ in range(seen)]
    return clues[0]


def test_rare_differences_ask_for_more_requests_alone() -> None:
    lab = Lab()
    clue = banners(lab, 10, 100)
    needed = lab.judge.sends_to_tell(clue)
    assert needed + 9 == 100  # that 10 of 200 all fall into one half is a thousandth
    lab.learn(ME, lambda visit: reply("plain"), times=needed // 3, after=True)
    assert lab.judge.sends_to_tell(clue) == 1
    assert lab.judge.doubts(clue)
    lab.learn(ME, lambda visit: reply("plain"), times=1, after=True)
    assert lab.judge.sends_to_tell(clue) == 0
    assert not lab.judge.doubts(clue)
    assert lab.judge.still(clue, lab.exchange(ME, lab.visit(), reply("with a banner")))


@pytest.mark.parametrize(("seen", "looked", "alone"), [(1, 100, 1500), (3, 100, 600), (20, 1000, 600)])
def test_what_chance_may_explain_is_doubted_and_its_chance_told(seen: int, looked: int, alone: int) -> None:
    lab = Lab()
    clue = banners(lab, seen, looked)
    lab.learn(ME, lambda visit: reply("plain"), times=(alone - 9) // 3, after=True)
    told = lab.judge.chance(clue)
    assert told[:3] == (seen, looked, alone)
    exact = comb(looked, seen) / comb(looked + alone, seen)
    assert exact <= told.likely <= 1.4 * exact
    assert lab.judge.doubts(clue) == (told.likely > 0.001) == (seen < 20)


def test_but_an_error_or_what_another_gets_is_not_doubted_however_rare() -> None:
    lab = Lab()
    lab.learn(HELLO, hello, drawn=DE)
    lab.learn(HELLO, hello, drawn=EN)
    mine = lab.visit("u1", DE)
    for _ in range(500):
        lab.look(HELLO, mine, hello(mine))
    english = hello(Visit(mine.label, "u1", {**mine.values, **EN}))
    for clue in (
        only(lab.look(HELLO, mine, english), Sign.DIFFERS),
        only(lab.look(HELLO, mine, reply("oops", 500)), Sign.FAILED),
        only(lab.look(HELLO, mine, reply("<p>Hallo None</p>\n<p>1.234,5</p>")), Sign.LOST),
    ):
        assert not lab.judge.doubts(clue)


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


def test_what_was_foreign_stays_whatever_is_learnt_later() -> None:
    lab = Lab()
    lab.learn(ME, page)
    mine = lab.visit("u1")
    exchange = lab.exchange(ME, mine, page(lab.visit("u2")))
    clue = only(lab.judge.look(exchange), Sign.CROSSED)
    lab.learn(ME, lambda visit: reply("nobody"), after=True)
    assert lab.judge.still(clue, exchange)
