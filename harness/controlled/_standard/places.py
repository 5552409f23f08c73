"""Names of the standard library that mean something else while a host is open, in modules that imported them too."""

import _queue
import _thread
import queue
import sys
import threading
from collections.abc import Callable, Iterable
from types import FrameType, ModuleType
from typing import Any

from harness.controlled._standard.names import Pair, exchange

NOTHING = object()
"""In place of an attribute that was not there."""

Place = tuple[Any, str, Any]
"""An object, the name of an attribute, and what it is to be."""


class Kind:
    """What locks or queues are made by: a type, as what it stands for, and the same one for each host."""

    def __init__(self, name: str, real: Callable[[], Any]) -> None:
        self.real = real
        self.make: Callable[[FrameType], Any] = lambda frame: real()
        """Makes one for whoever asks from a frame: a host puts its own here."""
        self.type = type(name, (), {"__new__": lambda cls: self.make(sys._getframe(1))})

    def making(self, is_program: Callable[[], bool], make: Callable[[FrameType], Any]) -> Place:
        """Return what has it make one thing for the program and real ones for others."""
        real = self.real
        return self, "make", lambda frame: make(frame) if is_program() else real()


LOCK, INNER_LOCK = Kind("Lock", _thread.allocate_lock), Kind("Lock", _thread.allocate_lock)
RLOCK, SIMPLE_QUEUE = Kind("RLock", _thread.RLock), Kind("SimpleQueue", _queue.SimpleQueue)

# Of what the standard library knows by two names, the first tells what stands for it where others import it.
LOCKS: list[Place] = [
    (_thread, "allocate_lock", LOCK.type),
    (threading, "Lock", LOCK.type),
    (threading, "_allocate_lock", INNER_LOCK.type),
]
RLOCKS: list[Place] = [(_thread, "RLock", RLOCK.type), (threading, "RLock", RLOCK.type)]
QUEUES: list[Place] = [
    (queue, "SimpleQueue", SIMPLE_QUEUE.type),
    (_queue, "SimpleQueue", SIMPLE_QUEUE.type),
]


MAKERS = {id(vars(owner)[name]): other for owner, name, other in [*LOCKS, *RLOCKS, *QUEUES]}
"""By the identity of what makes locks or queues as long as no host is open, what stands for it while one is. There is
one for all hosts: who knows of these is counted."""


def references(places: Iterable[Place]) -> list[int]:
    """Return how many references there are to each object that is put somewhere."""
    return [sys.getrefcount(other) for _, _, other in places]


class Places:
    """Puts other objects under these names, and in all modules that have imported them by name; and puts them back.

    ``shared`` are the same for each host, with how many references there are to each while no program knows it.
    """

    def __init__(self, shared: list[Place], unknown: list[int], own: list[Place]) -> None:
        self._places = [*shared, *own]
        self._shared_unknown = unknown
        self._own = own
        self._before: list[Any] = []
        """What was at these places."""
        self._unknown: list[int] = []
        """How many references there are to what is put there while nobody else knows it."""
        self._imported: list[tuple[dict[str, Any], str, Any]] = []
        """The names of modules that had imported what was there, each with what it was."""

    def install(self) -> None:
        """Put the others in place."""
        self._before = [vars(owner).get(name, NOTHING) for owner, name, _ in self._places]
        self._unknown = self._shared_unknown + references(self._own)
        for owner, name, other in self._places:
            setattr(owner, name, other)
        self._imported = exchange(self._by_name())

    def remove(self) -> None:
        """Put back what was there, also in modules that were imported meanwhile."""
        self._put_back()
        # Going through all modules takes longer than all else here, and is seldom needed.
        if references(self._places) != self._unknown:
            exchange([(other, original) for original, other in self._by_name()])
        self._before.clear()
        self._imported.clear()

    def _put_back(self) -> None:
        for (owner, name, _), original in zip(self._places, self._before, strict=True):
            if original is NOTHING:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
        others = {id(original): other for original, other in self._by_name()}
        for names, name, original in self._imported:
            if names.get(name) is others[id(original)]:
                names[name] = original

    def _by_name(self) -> list[Pair]:
        """Return what modules may have imported by name, each with what stands for it; what counts is last."""
        pairs = [
            (original, other)
            for (owner, _, other), original in zip(self._places, self._before, strict=True)
            if isinstance(owner, ModuleType) and original is not NOTHING
        ]
        return pairs[::-1]
