"""Of a cookie only what can tell users apart is compared."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from math import prod, sqrt

import pytest

from harness.apps.exchanges import Visit
from harness.apps.oracle.cookies import MOST_SHARED, Alone, Given, essence


def jwt(**claims: object) -> str:
    payload = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.{'s' * 43}"


def test_two_signatures_of_one_value_are_one() -> None:
    first, second = f"eyJsIjoiZGUifQ.ZzZz01.{'a' * 27}", f"eyJsIjoiZGUifQ.ZzZz02.{'b' * 27}"
    assert essence(first) == essence(second) == "eyJsIjoiZGUifQ"
    assert essence(f"value-one:1tMxyz:{'c' * 43}") == "value-one"
    assert essence(f"eyJsIjoiZW4ifQ.ZzZz01.{'a' * 27}") != essence(first)


def test_moments_in_a_jwt_do_not_count() -> None:
    assert essence(jwt(lang="german", iat=1, exp=2)) == essence(jwt(lang="german", iat=3, exp=4))
    assert essence(jwt(sub="anna", iat=1)) != essence(jwt(sub="bert", iat=1))


@pytest.mark.parametrize("value", ["", "de", "12345678901", "2026-11-21T11:20:33Z", "7:35"])
def test_what_is_short_or_a_number_or_a_date_tells_nobody_apart(value: str) -> None:
    assert essence(value) == ""


def test_a_random_id_is_taken_whole() -> None:
    assert essence("9f86d081884c7d659a2feaa0c55ad015") == "9f86d081884c7d659a2feaa0c55ad015"
    assert essence("eyJicm9rZW4.eyJxxxxx.yyyy") == "eyJxxxxx"


def given(values: Iterable[str], after: bool = False, into: Alone | None = None) -> Alone:
    """Give users of their own a cookie each."""
    alone = into or Alone()
    for n, value in enumerate(values):
        alone.learn("sid", f"backend-{value}", f"u{n}{after}", after)
    return alone


def test_personal_is_what_no_two_users_were_given() -> None:
    assert given("abc").personal("sid")
    assert not given("aba").personal("sid")
    assert not given("a").personal("sid")
    assert not given("").personal("sid")


def test_of_a_pool_that_is_drawn_from_the_values_come_again() -> None:
    alone = given("abc")
    assert not given("dabc", after=True, into=alone).personal("sid")


def test_what_a_flood_left_all_users_with_was_personal_before() -> None:
    alone = given("abc")
    assert given("xxxxx", after=True, into=alone).personal("sid")
    alone = given("aab")
    assert not given("xxxxx", after=True, into=alone).personal("sid")


def times_to_tell(again: int, times: int) -> int:
    """How often a cookie is to be given alone, after so many users were given one, so many of them another's."""
    given = Given()
    for n in range(times):
        given.to_another("sid", f"backend-{max(0, n - again)}", Visit(f"u{n}v1", f"u{n}", {}))
    return given.times_to_tell("sid", 0.001)


@pytest.mark.parametrize("pool", [2, 10, 100, 1000])
@pytest.mark.parametrize("times", [450, 3000])
def test_so_often_it_is_given_that_a_pool_shows(pool: int, times: int) -> None:
    """As many answers as are drawn from a pool show it to be one, of a thousand times but once."""
    drawn = pool * (1 - (1 - 1 / pool) ** times)
    alone = times_to_tell(round(times - drawn), times)
    # Three users take turns, and to one of them a value may well come again.
    assert prod(max(0.0, 1 - n / pool * 2 / 3) for n in range(alone)) <= 0.001
    assert alone <= sqrt(21 * MOST_SHARED)


def test_no_pool_is_so_large_that_a_few_of_many_answers_show_it() -> None:
    assert times_to_tell(0, 1000) == 0
    assert times_to_tell(1, 1000) == 0
    assert times_to_tell(60, 1000) > 300
