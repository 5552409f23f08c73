"""Locks and queues that a program made before its host was opened: others stand for them while files are watched."""

import queue
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from harness.controlled._modules import watched
from harness.controlled._place import carries
from harness.controlled._standard.names import exchange
from harness.controlled._standard.origin import Titled
from harness.explorer.attributes import attributes

BOUND = ("acquire", "release", "_release_save", "_acquire_restore", "_is_owned")
"""What a Condition takes over from its lock."""
MOST_ITEMS = 1_000
"""The most items of a list or dict in which locks are looked for."""
DEEPEST = 3
"""From a module to an attribute of an attribute of what it names."""
PLAIN = frozenset(
    {
        *(bool, bytes, float, int, set, str, tuple, type(None)),
        *(GetSetDescriptorType, MemberDescriptorType, ModuleType, WrapperDescriptorType),
    }
)
"""Types of most of what a module or a class has: nothing of them waits, nor has an attribute that does."""


class Adoption:
    """Puts others in the place of those that watched modules, and what these name, hold.

    ``stand_ins`` has, for each type of lock or simple queue that gets one, what makes it from the real one; ``makers``
    what is to be called in the place of what makes real ones, by its identity.
    """

    def __init__(self, stand_ins: Mapping[type, Callable[[Any], Titled]], makers: Mapping[int, Any]) -> None:
        self._stand_ins = stand_ins
        self._makers = makers
        self._adopted: dict[int, tuple[Any, Titled]] = {}
        """By the identity of the real one: it, and what stands for it."""
        self._seen: dict[int, Any] = {}
        """What was looked through."""
        self._undo: list[Callable[[], object]] = []
        self._files: tuple[str, ...] = ()
        self.knows_calls = False
        """Whether it has looked through the callables."""

    def watch(self, files: tuple[str, ...]) -> None:
        """Put others in the place of what the modules of these files hold, and back what they held in that of others.

        What modules that are watched already get from then on is made by names that stand for the standard library's.
        """
        if files != self._files:
            self.give_back()
            self._files = files
            for module, file in watched(files).loaded.modules():
                if not carries(file):
                    self._of_module(module)
            self._seen.clear()
            exchange([(real, stand_in) for real, stand_in in self._adopted.values()])

    def of_calls(self, calls: Iterable[Callable[..., Any] | None]) -> None:
        """Do the same for what the callables of the first schedule know from where they were made.

        What later ones know beside that has been made since, by names that stand for the standard library's.
        """
        self.knows_calls = True
        for call in calls:
            while isinstance(call, partial):
                call = call.func
            owner = getattr(call, "__self__", call)
            self._other(owner, getattr(call, "__name__", "a callable"), getattr(call, "__module__", ""), 1)
        self._seen.clear()

    def give_back(self) -> None:
        """Put back all that others stand for."""
        self._files, self.knows_calls = (), False
        for _, stand_in in self._adopted.values():
            stand_in.free()
        exchange([(stand_in, real) for real, stand_in in self._adopted.values()])
        while self._undo:
            self._undo.pop()()
        self._adopted.clear()

    def _of_module(self, module: ModuleType) -> None:
        for name, value in list(vars(module).items()):
            if id(value) not in self._makers:  # these are exchanged wherever a module names them
                self._other(value, f"{module.__name__}.{name}", module.__name__, 1)

    def _other(self, value: Any, title: str, module: str, depth: int) -> Any:
        """Return what is to be in the place of a value, or None for the same; look through what stays."""
        kind = type(value)
        if kind in PLAIN:
            return None
        if other := self._makers.get(id(value)):
            return other
        if (stand_in := self._of(value, title)) is not None:
            return stand_in
        if id(value) not in self._seen and depth <= DEEPEST:
            self._seen[id(value)] = value
            self._look_through(value, kind, title, module, depth)
        return None

    def _look_through(self, value: Any, kind: type, title: str, module: str, depth: int) -> None:
        if kind is FunctionType:
            self._of_cells(value, title, module, depth)
        elif kind in (classmethod, staticmethod):
            self._of_cells(value.__func__, title, module, depth)
        elif kind in (dict, list, defaultdict):
            self._of_items(value, title, module, depth)
        elif kind is cached_property and "lock" in vars(value):
            # Up to 3.11 it holds a lock while it computes.
            self._attribute(value, "lock", vars(value)["lock"], title, module, depth)
        elif issubclass(kind, type):
            if value.__module__ == module:
                for name, each in list(vars(value).items()):
                    self._attribute(value, name, each, f"{title}.{name}", module, depth)
        elif kind is not BuiltinFunctionType and self._is_looked_into(kind, depth):
            for name, each in list(attributes(value)):
                self._attribute(value, name, each, f"{title}.{name}", module, depth)

    def _is_looked_into(self, kind: type, depth: int) -> bool:
        """Tell whether instances of a class are: what a module names if the class is no part of the standard library,
        which knows how to go by the locks it has; what these name if the class is in a watched file itself."""
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if not isinstance(file, str) or carries(file):
            return False
        return depth == 1 or watched(self._files)[file]

    def _attribute(self, owner: Any, name: str, value: Any, title: str, module: str, depth: int) -> None:
        other = self._other(value, title, module, depth + 1)
        if other is not None:
            self._set(owner, name, value, other)

    def _set(self, owner: Any, name: str, real: Any, other: Any) -> None:
        # Without asking the owner, which may be frozen.
        put: Any = (type if isinstance(owner, type) else object).__setattr__
        with suppress(AttributeError, TypeError):
            put(owner, name, other)
            self._undo.append(lambda: put(owner, name, real))

    def _of_cells(self, function: Any, title: str, module: str, depth: int) -> None:
        """Look through the variables that a function has from where it was made: a decorator, ``dataclass``."""
        for name, cell in _cells(function):
            with suppress(ValueError):  # it is empty
                value = cell.cell_contents
                other = self._other(value, f"{title}.{name}", module, depth + 1)
                if other is not None:
                    cell.cell_contents = other
                    self._undo.append(partial(setattr, cell, "cell_contents", value))

    def _of_items(self, owner: Any, title: str, module: str, depth: int) -> None:
        if type(owner) is defaultdict and (other := self._makers.get(id(owner.default_factory))):
            self._set(owner, "default_factory", owner.default_factory, other)
        if len(owner) > MOST_ITEMS:
            return
        for key, value in _items(owner):
            other = self._other(
                value, f"{title}[{key!r}]" if type(key) in (int, str) else title, module, depth + 1
            )
            if other is not None:
                owner[key] = other
                self._undo.append(partial(_put_back, owner, other, value))

    def _of(self, value: Any, title: str) -> Titled | None:
        """Return what stands for a lock or a simple queue; other things that wait are changed in themselves."""
        if id(value) in self._adopted:
            return self._adopted[id(value)][1]
        kind = type(value)
        make = self._stand_ins.get(kind)
        if make is None:
            self._inside(value, kind, title)
            return None
        stand_in = make(value)
        stand_in.title = f"the {stand_in.kind} {title}"
        self._adopted[id(value)] = value, stand_in
        return stand_in

    def _inside(self, value: Any, kind: type, title: str) -> None:
        """Let a thing of the standard library's go by other locks; gevent's, and what was not begun, have no such."""
        if issubclass(kind, threading.Condition):
            self._condition(value, title)
        elif issubclass(kind, (threading.Event, threading.Semaphore, threading.Barrier)):
            self._condition(_part(value, "_cond"), title)
        elif issubclass(kind, queue.Queue) and (mutex := _part(value, "mutex")) is not None:
            if (other := self._of(mutex, title)) is not None:
                self._set(value, "mutex", mutex, other)
            for name in ("not_empty", "not_full", "all_tasks_done"):
                self._condition(_part(value, name), title)

    def _condition(self, condition: Any, title: str) -> None:
        lock = _part(condition, "_lock")
        other = None if lock is None else self._of(lock, title)
        if other is None:
            return
        facts = vars(condition)
        before = dict(facts)
        facts["_lock"] = other
        for name in BOUND:
            facts.pop(name, None)
            if hasattr(other, name):
                facts[name] = getattr(other, name)
        self._undo.append(lambda: (facts.clear(), facts.update(before)))


def _cells(function: Any) -> Iterable[tuple[str, Any]]:
    """Return the variables of a function that are another's, with their names."""
    code = getattr(function, "__code__", None)
    return (
        zip(code.co_freevars, function.__closure__ or (), strict=True) if isinstance(code, CodeType) else ()
    )


def _items(owner: Any) -> list[tuple[Any, Any]]:
    return list(enumerate(owner) if type(owner) is list else owner.items())


def _put_back(owner: Any, other: Any, real: Any) -> None:
    """Put the real one back in a list or dict, wherever it is by now."""
    for key, value in _items(owner):
        if value is other:
            owner[key] = real


def _part(value: Any, name: str) -> Any:
    """Return an attribute of an instance without asking it; None when it has none."""
    try:
        return object.__getattribute__(value, name)
    except AttributeError:
        return None
