"""Walks from a variable through what it holds and yields the texts in it; runs no code of those whom it looks at."""

from __future__ import annotations

import threading
import types
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from itertools import islice
from typing import Any

DEEPEST = 4
MOST_ENTRIES = 48
"""Of a container the last ones are seen: they are the newest, and a cache can have thousands."""
LONGEST_TEXT = 4096
SMALLEST_NUMBER = 10**9
_OPAQUE = (
    type,
    types.ModuleType,
    types.CodeType,
    types.FrameType,
    types.GeneratorType,
    types.CoroutineType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.TracebackType,
    threading.Thread,
    bool,
    float,
    complex,
    type(None),
)
_SEQUENCES = (list, tuple, deque, set, frozenset)
_NATIVE_LOCAL = threading.local

Step = tuple[Any, str, int]
"""A value, the path to it and how deep it lies."""


class Walk:
    """One look; visits each object once and so many objects at most."""

    def __init__(self, budget: int, on_holder: Callable[[Any, str], None]) -> None:
        self.budget = budget
        self._on_holder = on_holder
        self._seen: set[int] = set()

    def texts(self, root: Any, path: str = "", deepest: int = DEEPEST) -> Iterator[tuple[str, str]]:
        """Yield (path, text), those that lie shallow first.

        Texts are str, bytes, and whole numbers of ten digits and more. What keeps values apart by unit is not entered
        but handed to ``on_holder`` with its path.
        """
        text = text_of(root)
        if text is not None:
            yield path, text
            return
        waiting: deque[Step] = deque([(root, path, 0)])
        while waiting and self.budget > 0:
            value, path, depth = waiting.popleft()
            kind = type(value)
            if issubclass(kind, _OPAQUE) or id(value) in self._seen:
                continue
            self.budget -= 1
            self._seen.add(id(value))
            if kind is ContextVar or is_local(kind):
                self._on_holder(value, path)
            elif depth < deepest:
                for inner, step in parts(value):
                    text = text_of(inner)
                    if text is None:
                        waiting.append((inner, path + step, depth + 1))
                    else:
                        yield path + step, text


def text_of(value: Any) -> str | None:
    """Return what can hold a token as a text, and None for what is to be entered; a short number is an empty text."""
    kind = type(value)
    if kind is str:
        return value[:LONGEST_TEXT]  # type: ignore[no-any-return]
    if kind is bytes or kind is bytearray:
        return bytes(value[:LONGEST_TEXT]).decode("latin-1")
    if kind is int:
        return str(value) if value >= SMALLEST_NUMBER else ""
    return None


def is_local(kind: type) -> bool:
    """Tell whether objects of a class keep a value for each thread or greenlet."""
    # threading.local is another class once gevent or eventlet has patched it.
    return any(
        base is _NATIVE_LOCAL
        or (base.__name__ == "local" and base.__module__.startswith(("gevent.", "eventlet.", "_thread")))
        for base in kind.__mro__
    )


def parts(value: Any) -> Iterator[tuple[Any, str]]:
    """Yield what an object holds, with the step to it, by built-in storage alone: no property, no method of its own."""
    try:
        if isinstance_of(value, dict):
            for key, inner in islice(reversed(dict.items(value)), MOST_ENTRIES):
                yield inner, f"[{_key(key)}]"
                if type(key) is str or type(key) is bytes:
                    yield key, f"[{_key(key)}] (the key)"
                elif type(key) is tuple:
                    yield key, "[(the key)]"
        elif isinstance_of(value, _SEQUENCES):
            yield from _items(value)
        elif isinstance_of(value, types.FunctionType):
            for number, cell in enumerate(value.__closure__ or ()):
                yield cell.cell_contents, f".<{value.__code__.co_freevars[number]}>"
        for name, inner in _attributes(value):
            yield inner, f".{name}"
    except (RuntimeError, ValueError):
        # Changed by another thread meanwhile, or a cell that is still empty.
        return


def isinstance_of(value: Any, kinds: Any) -> bool:
    """Tell the kind of an object without asking it: ``isinstance`` looks at ``__class__``, which a proxy answers."""
    return issubclass(type(value), kinds)


def _items(value: Any) -> Iterator[tuple[Any, str]]:
    kind: Any = next(each for each in _SEQUENCES if isinstance_of(value, each))
    size = kind.__len__(value)
    if kind in (set, frozenset):
        for inner in islice(kind.__iter__(value), MOST_ENTRIES):
            yield inner, "{}"
        return
    for number in range(max(0, size - MOST_ENTRIES), size):
        try:
            yield kind.__getitem__(value, number), f"[{number}]"
        except IndexError:
            return


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    found, slots = _storage(type(value))
    if found is not None:
        attributes = found.__get__(value)
        if type(attributes) is dict:
            for name, inner in islice(list(attributes.items()), MOST_ENTRIES):
                yield name if type(name) is str else "?", inner
    for slot in slots:
        try:
            yield slot.__name__, slot.__get__(value)
        except AttributeError:
            continue


_STORAGE: dict[type, tuple[Any | None, tuple[Any, ...]]] = {}


def _storage(kind: type) -> tuple[Any | None, tuple[Any, ...]]:
    """Return the descriptors by which a class stores attributes: of ``__dict__``, if it is genuine, and of slots."""
    known = _STORAGE.get(kind)
    if known is None:
        own, slots = None, []
        for base in type.mro(kind):
            for name, descriptor in vars(base).items():
                if type(descriptor) is types.MemberDescriptorType and base.__module__ != "builtins":
                    slots.append(descriptor)
                elif name == "__dict__" and own is None:
                    own = descriptor
        if type(own) is not types.GetSetDescriptorType:
            own = None
        known = _STORAGE[kind] = own, tuple(slots)
    return known


def _key(key: Any) -> str:
    if type(key) is str:
        return repr(key[:40])
    return str(key) if type(key) is int else type(key).__name__
