"""What is missing is noticed, one cause gives one clue, and what is no evidence makes no clue firm."""

from itertools import count

import pytest

from harness.apps.calls import Call
from harness.apps.exchanges import Visit
from harness.core.app_record import Sign
from harness.core.ports import Answer
from tests.apps.oracle.lab import ME, Lab, only, page, reply, token

LETTER = Call("GET", "/{choice:a|b}")


def test_a_token_lost_from_a_line_that_varies() -> None:
    lab, lengths = Lab(), count(1)

    def note(visit: Visit, value: str) -> Answer:
        return reply(f"<p>{'so ' * (next(lengths) % 4)} {value} noted</p>\n<p>end</p>")

    lab.learn(ME, lambda visit: note(visit, token(visit)))
    mine = lab.visit()
    assert only(lab.look(ME, mine, note(mine, "None")), Sign.LOST).where == "body"
    assert lab.look(ME, mine, note(mine, token(mine))) == []


def test_a_line_that_is_missing() -> None:
    lab = Lab()
    lab.learn(ME, lambda visit: reply("one\ntwo\nthree"))
    assert only(lab.look(ME, lab.visit(), reply("one\nthree")), Sign.DIFFERS).expected == "two"


def test_a_list_that_never_was_empty() -> None:
    lab, numbers = Lab(), count(100)
    lab.learn(ME, lambda visit: reply(f"<ul>\nitem {next(numbers)}\n</ul>"))
    assert only(lab.look(ME, lab.visit(), reply("<ul>\n</ul>")), Sign.DIFFERS).expected == "item …"


@pytest.mark.parametrize("body", [{"a": 1}, {"a": 1, "b": {}}, {"a": 1, "b": {"c": []}}])
def test_a_value_that_is_missing_from_json(body: object) -> None:
    lab = Lab()
    whole = reply({"a": 1, "b": {"c": [2, 3]}})
    lab.learn(ME, lambda visit: whole)
    assert only(lab.look(ME, lab.visit(), reply(body)), Sign.DIFFERS).where == "body .b.c[]"
    assert lab.look(ME, lab.visit(), whole) == []


def with_session(visit: Visit, session: str) -> Answer:
    return reply(page(visit).body.decode(), 200, ("Set-Cookie", f"sid={session}; Path=/"))


def test_the_answer_of_another_with_its_cookie_is_one_clue() -> None:
    lab, sessions = Lab(), count(10**9)
    lab.learn(ME, lambda visit: with_session(visit, f"id-{next(sessions)}"))
    mine, other = lab.visit("u1"), lab.visit("u2")
    assert lab.look(ME, other, with_session(other, "id-of-the-other")) == []
    only(lab.look(ME, mine, with_session(other, "id-of-the-other")), Sign.CROSSED)
    assert only(
        lab.look(ME, mine, with_session(mine, "id-of-the-other")), Sign.SHARED_COOKIE
    ).shown.startswith("sid=id-of-the-other")


def test_a_session_signed_again_is_still_the_same_session() -> None:
    lab, sessions = Lab(), count(10**9)

    def signed(visit: Visit) -> Answer:
        return with_session(visit, f"id-{next(sessions)}.ZzZz01.{'a' * 27}")

    lab.learn(ME, signed)
    first, second = lab.visit("u1"), lab.visit("u2")
    assert lab.look(ME, first, with_session(first, f"id-shared.ZzZz02.{'b' * 27}")) == []
    exchange = lab.exchange(ME, second, with_session(second, f"id-shared.ZzZz03.{'c' * 27}"))
    clue = only(lab.judge.look(exchange), Sign.SHARED_COOKIE)
    lab.learn(ME, signed, after=True)
    assert lab.judge.still(clue, exchange)
    assert lab.judge.sends_to_tell(clue) == 0


@pytest.mark.parametrize(("other", "firm"), [("{n}", False), ("sum {n}", True), ("sum 60", True)])
def test_that_anothers_numbers_vary_makes_nothing_firm(other: str, firm: bool) -> None:
    lab, numbers = Lab(), count(50)
    lab.learn(LETTER, lambda visit: reply("30"), drawn={"choice:a|b": "a"})
    lab.learn(LETTER, lambda visit: reply(other.format(n=next(numbers))), drawn={"choice:a|b": "b"})
    found = reply(other.format(n=60))
    clue = only(lab.look(LETTER, lab.visit("u1", {"choice:a|b": "a"}), found), Sign.DIFFERS)
    assert clue.firm is firm


def test_nor_is_any_number_the_answer_of_an_endpoint_that_counts() -> None:
    lab, numbers = Lab(), count(50)
    counting = Call("GET", "/count")
    lab.learn(ME, lambda visit: reply("30"))
    lab.learn(counting, lambda visit: reply(str(next(numbers))))
    assert not only(lab.look(ME, lab.visit(), reply("60")), Sign.DIFFERS).firm
