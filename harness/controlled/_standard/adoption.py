"""Locks and queues that a program made before its host was opened: others stand for them while files are watched."""

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, partial
from types import BuiltinFunctionType, FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any, Protocol

from harness.controlled._modules import watched
from harness.controlled._place import carries
from harness.controlled._standard.names import exchange

BOUND = ("acquire", "release", "_release_save", "_acquire_restore", "_is_owned")
"""What a Condition takes over from its lock."""
MOST_ITEMS = 1_000
"""The most items of a list or dict in which locks are looked for."""
PLAIN = frozenset(
    {
        *(bool, bytes, dict, float, int, list, set, str, tuple, type(None)),
        *(BuiltinFunctionType, FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType),
        *(classmethod, property, staticmethod),
    }
)
"""Types of most of what a module or a class has: nothing of them waits, nor has an attribute that does."""


class Awaited(Protocol):
    """What stands for a lock or a queue."""

    title: str
    """How it is called."""

    @property
    def kind(self) -> str:
        """What it is, in a word."""

    def free(self) -> None:
        """Give back what a unit that was stopped has kept."""


class Adoption:
    """Puts others in the place of those that watched modules, their classes and their instances hold.

    ``stand_ins`` has, for each type of lock or simple queue that gets one, what makes it from the real one.
    """

    def __init__(self, stand_ins: Mapping[type, Callable[[Any], Awaited]]) -> None:
        self._stand_ins = stand_ins
        self._adopted: dict[int, tuple[Any, Awaited]] = {}
        """By the identity of the real one: it, and what stands for it."""
        self._undo: list[Callable[[], object]] = []
        self._files: tuple[str, ...] = ()

    def watch(self, files: tuple[str, ...]) -> None:
        """Put others in the place of what the modules of these files hold, and back what they held in that of others.

        What modules that are watched already get from then on is made by names that stand for the standard library's.
        """
        if files != self._files:
            self._files = files
            self._give_back()
            for module, file in watched(files).loaded.modules():
                if not carries(file):
                    self._of_module(module)
            exchange([(real, stand_in) for real, stand_in in self._adopted.values()])

    def _give_back(self) -> None:
        for _, stand_in in self._adopted.values():
            stand_in.free()
        exchange([(stand_in, real) for real, stand_in in self._adopted.values()])
        while self._undo:
            self._undo.pop()()
        self._adopted.clear()

    def _of_module(self, module: ModuleType) -> None:
        for name, value in _telling(vars(module).items()):
            title = f"{module.__name__}.{name}"
            if type(value) is type:
                if value.__module__ == module.__name__:
                    self._of_attributes(value, vars(value).items(), title)
            elif self._of(value, title) is None and _is_programs(type(value)):
                self._of_attributes(value, _attributes(value), title)
        for name, value in list(vars(module).items()):
            if type(value) in (dict, list) and len(value) <= MOST_ITEMS:
                self._of_items(value, f"{module.__name__}.{name}")

    def _of_items(self, owner: Any, title: str) -> None:
        for key, value in list(owner.items() if type(owner) is dict else enumerate(owner)):
            if type(value) in self._stand_ins:
                stand_in = owner[key] = self._of(value, f"{title}[{key!r}]")
                self._undo.append(partial(_put_back, owner, stand_in, value))

    def _of_attributes(self, owner: Any, attributes: Iterable[tuple[str, Any]], title: str) -> None:
        for name, value in _telling(attributes):
            stand_in = self._of(value, f"{title}.{name}")
            if stand_in is not None:
                self._set(owner, name, value, stand_in)
            elif type(value) is cached_property and "lock" in vars(value):
                # Up to 3.11 it holds a lock while it computes.
                lock = vars(value)["lock"]
                self._set(value, "lock", lock, self._of(lock, f"{title}.{name}"))

    def _set(self, owner: Any, name: str, real: Any, stand_in: Any) -> None:
        # Without asking the owner, which may be frozen.
        put: Any = (type if isinstance(owner, type) else object).__setattr__
        with suppress(AttributeError, TypeError):
            put(owner, name, stand_in)
            self._undo.append(lambda: put(owner, name, real))

    def _of(self, value: Any, title: str) -> Awaited | None:
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
        """Let a thing of the standard library's go by other locks."""
        if issubclass(kind, threading.Condition):
            self._condition(value, title)
        elif issubclass(kind, (threading.Event, threading.Semaphore, threading.Barrier)):
            self._condition(value._cond, title)
        elif issubclass(kind, queue.Queue):
            self._set(value, "mutex", value.mutex, self._of(value.mutex, title))
            for condition in (value.not_empty, value.not_full, value.all_tasks_done):
                self._condition(condition, title)

    def _condition(self, condition: Any, title: str) -> None:
        lock = self._of(condition._lock, title)
        if lock is None:
            return
        facts = vars(condition)
        before = dict(facts)
        facts["_lock"] = lock
        for name in BOUND:
            facts.pop(name, None)
            if hasattr(lock, name):
                facts[name] = getattr(lock, name)
        self._undo.append(lambda: (facts.clear(), facts.update(before)))


def _put_back(owner: Any, stand_in: Any, real: Any) -> None:
    """Put the real one back in a list or dict, wherever it is by now."""
    for key, value in list(owner.items() if type(owner) is dict else enumerate(owner)):
        if value is stand_in:
            owner[key] = real


def _telling(attributes: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in attributes if type(value) not in PLAIN]


def _is_programs(kind: type) -> bool:
    """Tell whether a class is the program's; the standard library's know how to go by the locks they have."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return isinstance(file, str) and not carries(file)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield an instance's attributes without asking the instance, which may be a proxy that asks another."""
    kind = type(value)
    try:
        yield from object.__getattribute__(value, "__dict__").items()
    except AttributeError:
        pass
    for owner in kind.__mro__:
        slots = vars(owner).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            try:
                yield name, object.__getattribute__(value, name)
            except AttributeError:
                pass
