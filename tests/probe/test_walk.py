"""A walk through what a variable holds: texts at any place, and no code of those who are looked at."""

import threading
from collections import OrderedDict, deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest
from werkzeug.local import LocalProxy

from harness.probe.walk import MOST_ENTRIES, Walk, is_local


def texts(value: Any, budget: int = 1000) -> dict[str, str]:
    return {path: text for path, text in Walk(budget, lambda holder, path: None).texts(value) if text}


@dataclass
class Order:
    user: str
    lines: list[Any] = field(default_factory=list)


class Slotted:
    __slots__ = ("empty", "user")

    def __init__(self, user: str) -> None:
        self.user = user


def closure(value: str) -> Any:
    return lambda: value


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("token", ""),
        (b"token", ""),
        (bytearray(b"a token"), ""),
        ({"user": "token"}, "['user']"),
        ({"token": 1}, "['token'] (the key)"),
        (OrderedDict(user="token"), "['user']"),
        ({3: ["", "token"]}, "[3][1]"),
        ({("token", 1): None}, "[(the key)][0]"),
        (deque(["token"]), "[0]"),
        ({"token"}, "{}"),
        (Order("token"), ".user"),
        (Order("", [Order("token")]), ".lines[0].user"),
        (Slotted("token"), ".user"),
        (closure("token"), ".<value>"),
        ({"a": {"b": {"c": "token"}}}, "['a']['b']['c']"),
    ],
)
def test_a_text_is_found_with_its_place(value: Any, path: str) -> None:
    found = texts(value)
    assert "token" in found[path]


def test_long_numbers_are_texts_and_short_ones_are_not() -> None:
    assert texts([979_123_456_789_012, 17, True]) == {"[0]": "979123456789012"}


def test_what_lies_deeper_is_not_reached() -> None:
    assert texts({"a": {"b": {"c": {"d": {"e": "token"}}}}}) == {
        "['a'] (the key)": "a",
        "['a']['b'] (the key)": "b",
        "['a']['b']['c'] (the key)": "c",
        "['a']['b']['c']['d'] (the key)": "d",
    }


def test_of_a_large_container_the_newest_are_seen() -> None:
    found = texts([str(number) for number in range(1000)])
    assert len(found) == MOST_ENTRIES
    assert found["[999]"] == "999"
    assert "999" in texts({number: str(number) for number in range(1000)}).values()


def test_a_circle_and_a_crowd_come_to_an_end() -> None:
    circle: list[Any] = ["token"]
    circle.append(circle)
    assert texts(circle) == {"[0]": "token"}
    assert len(texts([[str(number)] for number in range(40)], budget=11)) == 10


class Touchy:
    """Raises at whatever is asked of it."""

    def __init__(self) -> None:
        vars(self)["user"] = "token"

    def refuse(self, *_: object) -> NoReturn:
        raise AssertionError("asked")

    __getattr__ = __repr__ = __iter__ = __len__ = __eq__ = __hash__ = __bool__ = refuse
    name = property(refuse)
    __class__ = property(refuse)


class TouchyDict(dict[str, Any]):
    __iter__ = __len__ = __getitem__ = items = keys = values = Touchy.refuse


class TouchyList(list[Any]):
    __iter__ = __len__ = __getitem__ = Touchy.refuse


def test_no_code_of_what_is_looked_at_runs() -> None:
    asked = []
    proxy = LocalProxy(lambda: asked.append(1))
    assert texts([Touchy(), proxy])["[0].user"] == "token"
    assert not asked
    assert texts(TouchyDict(user="token"))["['user']"] == "token"
    assert texts(TouchyList(["token"])) == {"[0]": "token"}


def test_what_keeps_a_value_for_each_unit_is_handed_over_and_not_entered() -> None:
    held = []
    local = threading.local()
    local.user = "token"
    variable: ContextVar[str] = ContextVar("user", default="token")
    walk = Walk(100, lambda holder, path: held.append((holder, path)))
    assert list(walk.texts({"a": local, "b": variable})) == [
        ("['b'] (the key)", "b"),
        ("['a'] (the key)", "a"),
    ]
    assert sorted(path for _, path in held) == ["['a']", "['b']"]


def test_locals_of_gevent_and_eventlet_and_their_subclasses_are_known() -> None:
    from gevent.local import local as of_gevent

    class Own(threading.local):
        pass

    class Local:
        pass

    assert is_local(threading.local)
    assert is_local(of_gevent)
    assert is_local(Own)
    assert not is_local(Local)
    assert not is_local(dict)
