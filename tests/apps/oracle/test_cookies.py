"""Of a cookie only what can tell users apart is compared."""

import json
from base64 import urlsafe_b64encode

import pytest

from harness.apps.oracle.cookies import essence


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
