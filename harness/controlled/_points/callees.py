"""What a call calls, on which its switch points hang: Python code that is watched, other Python code, or code in C."""

from collections.abc import Mapping
from functools import partial
from inspect import getattr_static
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

from harness.core.points import Point

CALLS = {"CALL", "CALL_KW", "CALL_FUNCTION_EX"}
MAKERS = {"__call__", "__init__", "__new__"}
"""What a call of a class or of an instance enters."""
SUSPENDABLE = 0x20 | 0x80 | 0x200
"""Flags of generators, coroutines and asynchronous generators: a call makes one and runs nothing of it."""
READERS = {"copy", "count", "get", "index", "items", "keys", "values"}
WRITERS = {
    "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem", "popleft",
    "remove", "reverse", "rotate", "setdefault", "sort", "update",
}  # fmt: skip
"""Methods of the containers in C: one call reads or writes what is in them."""
CALLING_BACK = {"close", "format", "format_map", "join", "send", "sub", "subn", "throw"}
"""Methods in C that run what they are given, or go on with a generator."""
CODECS = "/encodings/"
"""Python code that `encode` and `decode` in C run."""
KINDS_IN_C = (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, MethodWrapperType)
IN_C = frozenset(KINDS_IN_C)
KEEPERS = frozenset((GetSetDescriptorType, MemberDescriptorType))
"""What a class has by the name `__dict__`, unless the program has put something else there."""
PROPERTY_ARGUMENTS = 2
"""A setter has the object and the value."""
OURS = str(Path(__file__).parents[1])
"""Here is what hosts put in the place of locks and clocks in C."""
MISSING: Any = object()


NEVER_IMPLICIT = {
    "__aenter__", "__aexit__", "__await__", "__call__", "__del__", "__enter__", "__exit__", "__init__",
    "__init_subclass__", "__new__", "__post_init__", "__prepare__", "__set_name__",
}  # fmt: skip
CALLED_BY_NAME = frozenset((FunctionType, classmethod, staticmethod))
"""What a class has under a name and nothing runs that does not call it by that name."""


class Named:
    """Something that the source tells by names: ``lock``, ``self.lock``, ``json.dumps``."""

    __slots__ = ("_local", "_names")

    def __init__(self, names: tuple[str, ...], local: bool) -> None:
        self._names = names
        self._local = local

    def find(self, frame: FrameType) -> object:
        """Return it without running any code of its owners, a method as its function; or MISSING."""
        first, *others = self._names
        value = (frame.f_locals if self._local else frame.f_globals).get(first, MISSING)
        for name in others:
            owner, value = value, _static(value, name)
            kind = type(value)
            if kind is MemberDescriptorType:
                value = value.__get__(owner)
            elif kind is not FunctionType and hasattr(kind, "__get__"):
                return MISSING
        return value


class Calls:
    """What is known of the calls that a unit has under way."""

    __slots__ = ("_direct", "_made")

    def __init__(self) -> None:
        self._direct: set[Site] = set()
        """Calls that entered watched code: that has switch points of its own."""
        self._made: dict[Site, int] = {}
        """Of calls after which one comes to a place that others come to as well, how many have begun."""

    def begin(self, site: "Site") -> None:
        """Take note of a call."""
        self._direct.discard(site)
        if site.joins:
            self._made[site] = self._made.get(site, 0) + 1

    def settle(self, site: "Site", *, direct: bool) -> None:
        """Take note of whether it has entered watched code."""
        if direct:
            self._direct.add(site)
        else:
            self._direct.discard(site)

    def end(self, site: "Site") -> bool:
        """Tell whether one has come from this call, and its return is a switch point."""
        if site.joins:
            made = self._made.get(site, 0)
            if not made:
                return False
            self._made[site] = made - 1
        return site not in self._direct


class Site:
    """A call whose switch points hang on what it calls."""

    __slots__ = ("blind", "callee", "end", "hidden", "joins", "name", "offset", "point", "spread")

    def __init__(self, point: Point, offset: int, end: int) -> None:
        self.point = point
        """Reached when the call enters Python code that is not watched."""
        self.offset = offset
        self.end = end
        """Where the next instruction begins."""
        self.name = ""
        """What the source calls it: of a function or a method; empty for what an expression brings."""
        self.blind = False
        """It calls code in C; Python code that this may call in turn is not the callee."""
        self.spread = False
        """Its arguments come from a tuple and a dict: `f(*args)`."""
        self.joins = False
        """What comes next can be reached without the call as well: ``a or f()``."""
        self.hidden = False
        """It is part of a `with` statement, and the lock is not looked at after code in C."""
        self.callee: Named | None = None
        """What is called, or the manager of a hidden call, if names tell it."""

    def calls(self, code: CodeType, caller: FrameType) -> bool:
        """Tell whether Python code that this call enters is the callee, or called in turn by one in C."""
        name = code.co_name
        if code.co_filename.startswith(OURS) or CODECS in code.co_filename:
            return False
        if name == self.name:
            return True
        callee = self.callee.find(caller) if self.callee is not None else MISSING
        if callee is not MISSING:
            return entered(callee) is code
        if name.startswith("__") and name.endswith("__"):
            return name in MAKERS
        if self.name.startswith("__") and self.name.endswith("__"):
            return False
        return not code.co_flags & SUSPENDABLE and self.name not in READERS | WRITERS | CALLING_BACK


def entered(callee: object) -> CodeType | None:
    """Return the Python code that a call of this runs first; None when it is code in C, or makes a generator."""
    kind = type(callee)
    while kind is MethodType:
        callee = callee.__func__  # type: ignore[attr-defined]
        kind = type(callee)
    if kind is FunctionType:
        code: CodeType = callee.__code__  # type: ignore[attr-defined]
        return None if code.co_flags & SUSPENDABLE or code.co_filename.startswith(OURS) else code
    if kind in IN_C:
        return None
    if kind is partial:
        return entered(callee.func)  # type: ignore[attr-defined]
    makers = [kind.__call__] if callable(callee) else []
    if issubclass(kind, type):
        makers += [callee.__new__, callee.__init__]  # type: ignore[misc]
    return next((entered(each) for each in makers if type(each) is FunctionType), None)


def implicit(code: CodeType, namespace: Mapping[str, Any]) -> bool:
    """Tell whether Python code may be run without a call in the source: a special method, or the getter of a property.

    The end of an object is left out, for nobody knows when it comes.
    """
    name = code.co_name
    if code.co_flags & SUSPENDABLE or code.co_filename.startswith(OURS):
        return False
    if name.startswith("__") and name.endswith("__"):
        return name not in NEVER_IMPLICIT
    if name == code.co_qualname:
        return False
    first, *others = code.co_qualname.split(".")[:-1]
    if others[-1:] == ["<locals>"]:
        return False
    owner = namespace.get(first)
    for other in others:
        owner = vars(owner).get(other) if issubclass(type(owner), type) else None
    if not issubclass(type(owner), type):
        return code.co_argcount <= PROPERTY_ARGUMENTS
    return type(vars(owner).get(name)) not in CALLED_BY_NAME


def entered_by_with(manager: object) -> CodeType | None:
    """Return the Python code that a `with` statement runs first; None when it is code in C."""
    return entered(of_class(type(manager), "__enter__"))


def of_class(kind: type, name: str) -> Any:
    """Return what a class or one that it derives from has by a name, or MISSING."""
    for each in kind.__mro__:
        facts = each.__dict__
        if name in facts:
            return facts[name]
    return MISSING


def _static(owner: object, name: str) -> Any:
    """Return what ``getattr_static`` does, or MISSING; at once where the class or the instance alone has it."""
    kind = type(owner)
    keeper = of_class(kind, "__dict__")
    if type(keeper) in KEEPERS and not issubclass(kind, type):
        of_kind, own = of_class(kind, name), dict.get(keeper.__get__(owner), name, MISSING)
        if of_kind is MISSING or own is MISSING:
            return own if of_kind is MISSING else of_kind
    return getattr_static(owner, name, MISSING)
