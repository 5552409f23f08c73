"""The variables that are looked at: globals and class attributes of the app and its packages, ContextVars, Locals."""

from __future__ import annotations

import gc
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import Any
from weakref import ref

from harness.probe.walk import Walk, is_local

SERVERS = frozenset(
    (
        *(
            "cheroot",
            "daphne",
            "eventlet",
            "gevent",
            "granian",
            "greenlet",
            "gunicorn",
            "h11",
            "h2",
            "httptools",
        ),
        *(
            "hypercorn",
            "pyuwsgi",
            "twisted",
            "uvicorn",
            "uvloop",
            "uwsgi",
            "uwsgidecorators",
            "waitress",
            "wsproto",
        ),
        *("__main__", "__mp_main__", "harness", "localimpl"),
    )
)
"""Packages that hold requests because that is their business."""
CONTEXT_VARIABLE, LOCAL = "ContextVar", "Local"
MOST_HOLDERS = 10_000
_STANDARD: frozenset[str] = getattr(sys, "stdlib_module_names", frozenset())
_PACKAGES = (
    sysconfig.get_paths()["purelib"],
    sysconfig.get_paths()["platlib"],
    "site-packages",
    "dist-packages",
)
_NO_DATA = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    classmethod,
    staticmethod,
    property,
)


class Variables:
    """What was found so far; to be looked through in small pieces, since there can be tens of thousands."""

    def __init__(self) -> None:
        self._names: dict[int, tuple[Any, str]] = {}
        """Where ContextVars are held, by identity."""
        self._locals: dict[int, tuple[Callable[[], Any], str]] = {}
        self._shift = self._next = 0

    def own(self) -> Iterator[tuple[str, Any]]:
        """Yield (name, value) of the globals of the app's own modules, in their order unless it was shifted."""
        found = list(_modules(foreign=False))
        for number in range(len(found)):
            yield from _globals(*found[(self._shift + number) % len(found)])

    def shift(self) -> None:
        """Begin the next look one module further on, as the last could not see them all."""
        self._shift += 1

    def packages(self) -> Iterator[tuple[str, Any]]:
        """Yield (name, value) of the globals of other packages, from where the last look stopped, once round."""
        found = list(_modules(foreign=True))
        for _ in found:
            self._next = (self._next + 1) % len(found)
            yield from _globals(*found[self._next])

    def ambient(self) -> Iterator[tuple[str, str, Any]]:
        """Yield (kind, name, value) of what this unit sees in ContextVars and Locals."""
        for variable, value in copy_context().items():
            yield CONTEXT_VARIABLE, self._names.get(id(variable), (None, variable.name))[1], value
        for key, (local, name) in list(self._locals.items()):
            found = local()
            if found is None:
                self._locals.pop(key, None)
            elif (values := _values_of(found)) is not None:
                yield LOCAL, name, values

    def note(self, holder: Any, name: str) -> None:
        """Remember where a ContextVar or Local is held."""
        if len(self._names) + len(self._locals) > MOST_HOLDERS:
            return
        if not is_local(type(holder)):
            self._names.setdefault(id(holder), (holder, name))
        elif id(holder) not in self._locals or self._locals[id(holder)][0]() is not holder:
            self._locals[id(holder)] = _reference(holder), name

    def discover(self) -> None:
        """Find the Locals that no variable leads to; takes some milliseconds for each hundred thousand objects."""
        for found in gc.get_objects():
            kind = type(found)
            if (
                is_local(kind)
                and _is_plain(kind)
                and not _is_standard(kind)
                and id(found) not in self._locals
            ):
                self.note(found, f"an unnamed {kind.__module__}.{kind.__qualname__}")


def look_at(walk: Walk, name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of a variable."""
    for path, text in walk.texts(value, name):
        yield path[len(name) :], text


def _modules(foreign: bool) -> Iterator[tuple[str, Any]]:
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top in SERVERS or top in _STANDARD or not issubclass(type(module), types.ModuleType):
            continue
        # Not ``module.__dict__``: a module may be a class of its own that answers for others.
        contents = vars(types.ModuleType)["__dict__"].__get__(module)
        file = contents.get("__file__")
        if type(file) is str and foreign == any(place in file for place in _PACKAGES):
            yield name, contents


def _globals(module: str, contents: Any) -> Iterator[tuple[str, Any]]:
    for name, value in list(contents.items()):
        if type(name) is not str or (name.startswith("__") and name.endswith("__")):
            continue
        kind = type(value)
        if not issubclass(kind, type):
            if kind is not types.FunctionType or value.__closure__ or value.__dict__:
                yield f"{module}:{name}", value
        elif type.__getattribute__(value, "__module__") == module:
            for attribute, inner in list(type.__getattribute__(value, "__dict__").items()):
                if not (attribute.startswith("__") or issubclass(type(inner), _NO_DATA)):
                    yield f"{module}:{name}.{attribute}", inner


def _reference(local: Any) -> Callable[[], Any]:
    """Return what gives a Local for as long as it lives; gevent's allow no weak reference and live on."""
    try:
        return ref(local)
    except TypeError:
        return lambda: local


def _is_standard(kind: type) -> bool:
    """Tell whether a Local is of a kind that the standard library made for itself."""
    return kind.__module__.partition(".")[0] in _STANDARD and kind.__module__ != "_thread"


def _is_plain(kind: type) -> bool:
    """Tell whether a look at a Local runs no code: the first look on each thread runs an ``__init__`` of its own."""
    return type.__getattribute__(kind, "__init__") is object.__init__


def _values_of(local: Any) -> Any:
    """Return the values that a Local keeps for this unit, or None where looking would run code."""
    kind = type(local)
    if not _is_plain(kind):
        return None
    own: Any = next(
        base for base in kind.__mro__ if is_local(base) and not any(map(is_local, base.__bases__))
    )
    return own.__getattribute__(local, "__dict__")
