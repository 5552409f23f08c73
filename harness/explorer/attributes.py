"""The attributes that an object has itself, told without running any code: a proxy has those of another."""

from collections.abc import Iterator, Mapping
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any

GENUINE = (GetSetDescriptorType, MemberDescriptorType)
"""What a class has by the name ``__dict__``, unless the program has put something else there."""


def dict_of(value: object) -> Mapping[str, Any]:
    """Return what is in an object's ``__dict__``."""
    for kind in type(value).__mro__:
        keeper = vars(kind).get("__dict__")
        if keeper is not None:
            return (keeper.__get__(value) or {}) if type(keeper) in GENUINE else {}
    return {}


def attributes(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the same, and what is in the slots of its classes."""
    yield from dict_of(value).items()
    for kind in type(value).__mro__:
        for name, slot in vars(kind).items():
            if type(slot) is MemberDescriptorType:
                try:
                    yield name, slot.__get__(value)
                except AttributeError:  # nothing is in it
                    continue
