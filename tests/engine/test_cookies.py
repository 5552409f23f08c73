"""A jar keeps what a browser would send back, and drops what the answer takes away."""

import pytest

from harness.engine.cookies import given, keep


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a=1", "1"),
        ("a=1; Path=/x; Secure; HttpOnly; SameSite=Lax", "1"),
        ('a="b c"; Path=/', '"b c"'),
        ("a=b=c==", "b=c=="),
        ("a=; Path=/", ""),
        ("a=1; Max-Age=60", "1"),
        ("a=1; Max-Age=soon", "1"),
        ("a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "1"),
        ("a=1; Expires=never", "1"),
        ("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "1"),
        ("a=; max-age=0", None),
        ("a=1; Max-Age=-1", None),
        ("a=; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/", None),
        ("a=; expires=Thu, 01-Jan-1970 00:00:00 GMT", None),
        ("a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Max-Age=0", None),
    ],
)
def test_a_cookie_is_kept_or_dropped(line: str, kept: str | None) -> None:
    assert list(given([("Content-Type", "a=2"), ("set-Cookie", line)])) == [("a", kept)]
    jar = {"a": "old", "b": "2"}
    keep(jar, [("Set-Cookie", line)])
    assert jar == ({"b": "2"} if kept is None else {"a": kept, "b": "2"})


def test_the_last_of_several_wins() -> None:
    jar: dict[str, str] = {}
    keep(jar, [("Set-Cookie", "a=1"), ("Set-Cookie", "a=; Max-Age=0"), ("Set-Cookie", "a=3")])
    assert jar == {"a": "3"}
