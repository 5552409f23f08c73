"""Keeps cookies as a browser does, as far as one client of one server needs it: names, values and their end."""

import time
from collections.abc import Iterator, MutableMapping, Sequence
from email.utils import mktime_tz, parsedate_tz


def given(headers: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str | None]]:
    """Yield name and value of each cookie that an answer sets, with None where it takes the cookie away.

    Path, domain and ``Secure`` are not looked at: all requests go to one app, over plain HTTP.
    """
    for header, line in headers:
        if header.lower() == "set-cookie":
            pair, *attributes = line.split(";")
            name, _, value = pair.strip().partition("=")
            yield name, None if _is_over(attributes) else value


def keep(jar: MutableMapping[str, str], headers: Sequence[tuple[str, str]]) -> None:
    """Put the cookies that an answer sets into a jar, and drop those that it takes away."""
    for name, value in given(headers):
        if value is None:
            jar.pop(name, None)
        else:
            jar[name] = value


def _is_over(attributes: list[str]) -> bool:
    expires: float | None = None
    for attribute in attributes:
        name, _, value = attribute.strip().partition("=")
        if name.lower() == "max-age":
            # It wins over Expires; one that is no number is as good as absent (RFC 6265, 5.2.2 and 5.3).
            if value.lstrip("-").isdecimal():
                return value.startswith("-") or int(value) == 0
        elif name.lower() == "expires":
            date = parsedate_tz(value)
            expires = mktime_tz(date) if date else None
    return expires is not None and expires <= time.time()
