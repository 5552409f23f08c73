"""Attributes are told of the object itself, without running any code of its."""

from typing import Any

from harness.explorer.attributes import attributes, dict_of


class Slots:
    __slots__ = ("__hidden", "filled", "left_empty")

    def __init__(self) -> None:
        self.filled = 1
        self.__hidden = 2


class Mixed(Slots):
    def __init__(self) -> None:
        super().__init__()
        self.free = 3


class Proxy:
    """Has the attributes of another, who is not there."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept = 4

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("nobody is there")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("nobody is there")


def test_slots_and_what_is_beside_them() -> None:
    assert dict(attributes(Slots())) == {"filled": 1, "_Slots__hidden": 2}
    assert dict(attributes(Mixed())) == {"free": 3, "filled": 1, "_Slots__hidden": 2}
    assert dict_of(Mixed()) == {"free": 3}


def test_a_proxy_is_not_asked() -> None:
    assert dict_of(Proxy()) == {}
    assert dict(attributes(Proxy())) == {"kept": 4}


def test_what_has_no_attributes() -> None:
    assert dict(attributes(object())) == dict(attributes(1)) == {}
