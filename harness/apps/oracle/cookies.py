"""Cookies that tell users apart: whether a value that alone each user has for itself is given to two of them."""

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error
from collections import Counter
from collections.abc import Iterable
from math import ceil, inf, log, sqrt
from typing import NamedTuple

from harness.apps.exchanges import Visit

# A value and the time of its signing and the signature, as itsdangerous and Django write them.
_SIGNED = re.compile(r"(.+?)[.:][\w-]{5,8}[.:][\w-]{20,}")
_JWT = re.compile(r"eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]*")
_MOMENTS = frozenset({"iat", "exp", "nbf", "auth_time"})
_DATE_OR_NUMBER = re.compile(r"[\d\s:.,;+%TZ/-]*")
_SHORTEST = 8
MOST_SHARED = 10_000
"""More values than a cookie has whose meaning many users share, such as the server that they are to go to."""


class Gift(NamedTuple):
    """What a user was given of a cookie, as far as it can tell users apart."""

    value: str
    user: str
    after: bool


def _apart(gifts: Iterable[Gift]) -> bool:
    """Tell whether several users were given values, and no value was given to two."""
    whose: dict[str, set[str]] = {}
    for each in gifts:
        whose.setdefault(each.value, set()).add(each.user)
    return all(len(users) == 1 for users in whose.values()) and len(set().union(*whose.values())) > 1


class First(NamedTuple):
    """Who was given a cookie first."""

    visit: Visit
    cookie: str


def essence(value: str) -> str:
    """Return what of a cookie's value can tell users apart: without the moment of signing; empty when nothing."""
    if jwt := _JWT.fullmatch(value):
        value = _without_moments(jwt[1])
    elif signed := _SIGNED.fullmatch(value):
        value = signed[1]
    return "" if len(value) < _SHORTEST or _DATE_OR_NUMBER.fullmatch(value) else value


def _without_moments(encoded: str) -> str:
    try:
        claims = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        return json.dumps({name: claims[name] for name in sorted(claims) if name not in _MOMENTS})
    except (Error, ValueError, AttributeError, TypeError):
        return encoded


class Alone:
    """What was given alone: to whom, for each cookie."""

    def __init__(self) -> None:
        self._gifts: dict[str, list[Gift]] = {}
        self._personal: dict[str, bool] = {}

    def learn(self, name: str, value: str, user: str, after: bool = False) -> None:
        """Note that a user was given a cookie; ``after`` tells that a flood was sent before it."""
        self._gifts.setdefault(name, []).append(Gift(essence(value), user, after))
        self._personal.pop(name, None)

    def personal(self, name: str) -> bool:
        """Tell whether several users were given the cookie, and none what another was given.

        It was theirs, too, when since a flood there are fewer values than before: it broke the app for good.
        """
        personal = self._personal.get(name)
        if personal is None:
            gifts = self._gifts.get(name, [])
            before = [each for each in gifts if not each.after]
            since = {each.value for each in gifts if each.after}
            broken = 0 < len(since) < len({each.value for each in before})
            self._personal[name] = personal = _apart(before if broken else gifts)
        return personal

    def times(self, name: str) -> int:
        """Return how often a cookie was given."""
        return len(self._gifts.get(name, []))


class Given:
    """Who was given what so far, one at a time."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], First] = {}
        self._times: Counter[str] = Counter()
        self._again: Counter[str] = Counter()

    def to_another(self, name: str, value: str, visit: Visit) -> First | None:
        """Note whom a cookie is given to; return the first who was given it when that is another user."""
        kept = essence(value)
        if not kept:
            return None
        first = self._first.setdefault((name, kept), First(visit, value))
        self._times[name] += 1
        self._again[name] += first.visit.user != visit.user
        return first if first.visit.user != visit.user else None

    def times_to_tell(self, name: str, chance: float) -> int:
        """Return how often to give a cookie alone, until it is this unlikely that it is drawn from a pool.

        Where m values are drawn from a pool, as the names of servers are, and k of them were drawn before, the pool has
        some m² / 2k values, and n draws are all different with a probability of exp(-n² / 2 pool): the problem of
        birthdays (von Mises, 1939). Alone three users take turns, so that of the pairs of draws two in three tell. No
        app has a pool of more than ``MOST_SHARED``.
        """
        again = self._again[name]
        pool = self._times[name] ** 2 / (2 * again) if again else inf
        return 0 if pool > MOST_SHARED else ceil(sqrt(-3 * pool * log(chance)))
