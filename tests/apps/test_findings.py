"""Whoever's value went to another is remembered with what they asked, answered before or after the one who got it."""

from dataclasses import replace

from harness.apps import findings
from harness.apps.calls import Call
from harness.apps.exchanges import Exchange, Visit
from harness.apps.findings import Findings
from harness.apps.oracle.clues import Clue
from harness.apps.tokens import Token
from harness.core.app_record import Sign

CALL = Call("GET", "/orders/{token}")


def exchange(user: str, visit: int) -> Exchange:
    label = f"{user}v{visit}"
    return Exchange(f"{label}.0", Visit(label, user, {}), CALL, f"GET {label}", None, "", 0.0, 1.0)


def owned_by(user: str, visit: str) -> Token:
    return Token("zq4d", "token", user, visit)


def gathered(*exchanges: Exchange, got: Exchange, owner: Token) -> Findings:
    clue = Clue(Sign.FOREIGN, got.mark, CALL.name, owner, "body", "", "")
    found = Findings(lambda each: [clue] if each is got else [])
    for each in exchanges:
        found.take(each, 8, 0.1)
    return found


def test_an_owner_is_known_whether_answered_before_or_after() -> None:
    got, asked = exchange("u7", 2), exchange("u3", 1)
    for order in ((asked, got), (got, asked)):
        found = gathered(*order, exchange("u4", 4), got=got, owner=owned_by("u3", "u3v1"))
        assert found.of_owner(owned_by("u3", "u3v1")) is asked


def test_of_a_users_own_token_any_request_of_that_user_is_known() -> None:
    got, asked = exchange("u7", 2), exchange("u3", 1)
    found = gathered(asked, got, got=got, owner=owned_by("u3", ""))
    assert found.of_owner(owned_by("u3", "")) is asked


def test_an_owner_who_was_never_answered_is_not_made_up() -> None:
    got = exchange("u7", 2)
    found = gathered(exchange("u4", 4), got, exchange("u5", 5), got=got, owner=owned_by("u3", "u3v1"))
    assert found.of_owner(owned_by("u3", "u3v1")) is None


def test_only_so_many_are_remembered_of_those_who_are_not_owners() -> None:
    many = [exchange(f"u{number}", 1) for number in range(findings.MOST_RECENT)]
    got = exchange("other", 1)
    found = gathered(*many, got, got=got, owner=owned_by("u0", "u0v1"))
    assert found.of_owner(owned_by("u0", "u0v1")) is None
    found = gathered(*many, got, got=got, owner=owned_by(many[-1].visit.user, many[-1].visit.label))
    assert found.of_owner(owned_by(many[-1].visit.user, many[-1].visit.label)) is many[-1]


def test_of_an_owners_requests_the_one_that_ran_together_with_the_victims_is_shown() -> None:
    got = replace(exchange("u7", 2), began=2.0, ended=3.0)
    over, together, later = exchange("u3", 1), exchange("u3", 2), exchange("u3", 3)
    together, later = replace(together, began=2.5, ended=3.5), replace(later, began=4.0, ended=5.0)
    found = gathered(over, got, together, later, got=got, owner=owned_by("u3", ""))
    assert found.of_owner(owned_by("u3", "")) is together
    found = gathered(over, got, later, got=got, owner=owned_by("u3", ""))
    assert found.of_owner(owned_by("u3", "")) is over


def test_an_answer_with_the_values_of_two_others_is_counted_once() -> None:
    got = exchange("u7", 2)
    clues = [
        Clue(Sign.FOREIGN, got.mark, CALL.name, owned_by(user, f"{user}v1"), "body", "", "")
        for user in ("u3", "u4")
    ]
    found = Findings(lambda each: clues)
    found.take(got, 8, 0.1)
    assert len(found) == 1
    assert found.signs("") == {Sign.FOREIGN: 1}
    assert [kept.clue.owner for kept in found.kept] == [clue.owner for clue in clues]
