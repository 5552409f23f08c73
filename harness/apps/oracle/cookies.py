"""Cookies that tell users apart: whether a value that alone each user has for itself is given to two of them."""

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error
from typing import NamedTuple

from harness.apps.exchanges import Visit

Choices = tuple[tuple[str, str], ...]

# A value and the time of its signing and the signature, as itsdangerous and Django write them.
_SIGNED = re.compile(r"(.+?)[.:][\w-]{5,8}[.:][\w-]{20,}")
_JWT = re.compile(r"eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]*")
_MOMENTS = frozenset({"iat", "exp", "nbf", "auth_time"})
_DATE_OR_NUMBER = re.compile(r"[\d\s:.,;+%TZ/-]*")
_SHORTEST = 8


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
    """What was given alone: to whom, for each cookie and what the visit had drawn."""

    def __init__(self) -> None:
        self._users: dict[tuple[str, Choices], dict[str, set[str]]] = {}
        self._personal: dict[tuple[str, Choices], bool] = {}

    def learn(self, name: str, choices: Choices, value: str, user: str) -> None:
        """Note that a user was given a cookie."""
        self._personal.pop((name, choices), None)
        self._users.setdefault((name, choices), {}).setdefault(essence(value), set()).add(user)

    def personal(self, name: str, choices: Choices) -> bool:
        """Tell whether several users were given the cookie, and none what another was given."""
        personal = self._personal.get((name, choices))
        if personal is None:
            values = self._users.get((name, choices), {}).values()
            personal = all(len(users) == 1 for users in values) and len(set().union(*values)) > 1
            self._personal[name, choices] = personal
        return personal


class Given:
    """Who was given what so far; for any number of threads, since each step is one look-up in a dict."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], First] = {}

    def to_another(self, name: str, value: str, visit: Visit) -> First | None:
        """Note whom a cookie is given to; return the first who was given it when that is another user."""
        kept = essence(value)
        if not kept:
            return None
        first = self._first.setdefault((name, kept), First(visit, value))
        return first if first.visit.user != visit.user else None
