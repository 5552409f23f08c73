"""Which instructions of a code object read or write what another unit may write or read."""

import builtins
import enum
from collections.abc import Mapping
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from harness.controlled._points.callees import CALLS, KINDS_IN_C, MISSING, READERS, WRITERS, of_class
from harness.controlled._points.flow import Flow
from harness.controlled._points.stored import Stored

NAMES = {"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "STORE_NAME", "DELETE_GLOBAL", "DELETE_NAME"}
ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "STORE_ATTR", "DELETE_ATTR"}
CELLS = {"LOAD_DEREF", "STORE_DEREF", "DELETE_DEREF"}
ITEMS = {
    "BINARY_SUBSCR": 1, "BINARY_SLICE": 2, "STORE_SUBSCR": 1, "STORE_SLICE": 2, "DELETE_SUBSCR": 1, "CONTAINS_OP": 0,
}  # fmt: skip
"""How far below the top of the stack they find the container."""
SCALARS = (str, bytes, int, float, complex, type(None))
FIXED = (type, ModuleType, FunctionType, classmethod, staticmethod, partial, enum.Enum, *KINDS_IN_C)


class Access(NamedTuple):
    """A shared object that an instruction reads or writes."""

    object: str
    writes: bool


class Accesses:
    """What the instructions of one code object share with other units, by names and the values of globals."""

    def __init__(self, code: CodeType, flow: Flow, namespace: Mapping[str, Any], stored: Stored) -> None:
        self._code = code
        self._flow = flow
        self._namespace = namespace
        self._stored = stored
        self._instructions = flow.instructions
        self._called = set(flow.callees.values())
        self._names: dict[str, Any] = {}
        """Globals and builtins that were asked for, and what they were."""
        self._parts: list[tuple[Any, str, Any]] = []
        """Modules and classes of which a part was asked for, and what it was."""
        found = {number: each for number in range(len(self._instructions)) if (each := self._access(number))}
        owners = {self._owner(number) for number in found}
        self.all = {
            number: each
            for number, each in found.items()
            if number not in owners or not self._settled(number)
        }
        """By the instruction. A reference that stays the same is left out where it is read: what it leads to counts."""

    def value(self, name: str) -> Any:
        """Return what a global or a builtin is and stays, or MISSING."""
        if name in self._stored.names:
            return MISSING
        value = self._names[name] = self._now(name)
        return value

    def hold(self) -> bool:
        """Tell whether all that was asked for still is what it was; of a number or a text, that it is one."""
        return all(_like(self._now(name), value) for name, value in self._names.items()) and all(
            _like(_part(owner, name), value) for owner, name, value in self._parts
        )

    def _now(self, name: str) -> Any:
        return self._namespace.get(name, vars(builtins).get(name, MISSING))

    def _access(self, number: int) -> Access | None:
        each = self._instructions[number]
        name = each.opname
        writes = name.startswith(("STORE", "DELETE"))
        if name in NAMES:
            return Access(f"global:{each.argval}", writes) if self._shared_name(number, writes) else None
        if name in ATTRIBUTES:
            return Access(f"attr:{each.argval}", writes) if writes or self._shared_attribute(number) else None
        if name in CELLS:
            # Only a `nonlocal` statement lets a function store a variable that is not its own.
            shared = each.argval in self._stored.cells or (writes and each.argval in self._code.co_freevars)
            return Access(f"cell:{each.argval}", writes) if shared else None
        if name in ITEMS:
            return None if self._constant(self._owner(number)) else Access("item", writes)
        if name in CALLS and self._owner(number) is not None:
            callee = self._flow.callees[number]
            assert callee is not None
            return Access("item", self._instructions[callee].argval in WRITERS)
        return None

    def _owner(self, number: int) -> int | None:
        """Return the instruction that brought the object of which an attribute or an item is meant."""
        name = self._instructions[number].opname
        if name in ATTRIBUTES:
            return self._flow.producer(number, 0)
        if name in ITEMS:
            return self._flow.producer(number, ITEMS[name])
        callee = self._flow.callees.get(number)
        if callee is None:
            return None
        made_by = self._instructions[callee]
        of_container = made_by.opname in ATTRIBUTES and made_by.argval in READERS | WRITERS
        return self._flow.producer(callee, 0) if of_container else None

    def _settled(self, number: int) -> bool:
        """Tell whether an instruction reads a reference that stays the same once it is there."""
        each = self._instructions[number]
        if each.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            value = self.value(each.argval)
            rebound = each.argval in self._stored.later  # by another module, as an attribute of this one
            return value is not MISSING and not rebound and not issubclass(type(value), SCALARS)
        return each.opname in {"LOAD_ATTR", "LOAD_METHOD"} and each.argval in self._stored.once

    def _shared_name(self, number: int, writes: bool) -> bool:
        each = self._instructions[number]
        local = each.opname.endswith("_NAME")
        if local and self._code.co_name != "<module>":
            return False  # of the body of a class, which nobody else sees yet
        name = each.argval
        if name in self._stored.names or writes:
            return name in self._stored.names or not local
        value = self.value(name)
        constant = issubclass(type(value), SCALARS) and name.isupper() and name not in self._stored.later
        return value is MISSING or not (constant or _fixed(value))

    def _shared_attribute(self, number: int) -> bool:
        name = self._instructions[number].argval
        if name.startswith("__") and name.endswith("__"):
            return False
        if number in self._called:
            return name in self._stored.attributes
        return not self._constant(number)

    def _constant(self, number: int | None) -> bool:
        """Tell whether an instruction brings what stays as it is: a module, class or function, or such a part."""
        value = self._brought(number)
        return value is not MISSING and _fixed(value)

    def _brought(self, number: int | None) -> Any:
        if number is None:
            return MISSING
        each = self._instructions[number]
        if each.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            return self.value(each.argval)
        if each.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
            owner = self._brought(self._flow.producer(number, 0))
            value = _part(owner, each.argval)
            self._parts.append((owner, each.argval, value))
            return value
        return MISSING


def _part(owner: Any, name: str) -> Any:
    """Return what a module or a class has by a name; MISSING of anything else."""
    if issubclass(type(owner), ModuleType):
        return vars(owner).get(name, MISSING)
    if issubclass(type(owner), type):
        return of_class(owner, name)
    return MISSING


def _like(one: object, other: object) -> bool:
    kind = type(one)
    return one is other or (kind is type(other) and issubclass(kind, SCALARS))


def _fixed(value: object) -> bool:
    # By the type alone: a proxy says that it is of the class of what it stands for, and may fail at that.
    return issubclass(type(value), FIXED)
