"""A Local with one ContextVar for each name: threads, greenlets and tasks are kept apart by the interpreter."""

import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Self

from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.proxy import UNSET
from localimpl.subject import Subject


class ContextLocal(Local, reads_attributes=True):
    """One ContextVar for each name, made when the name is first used.

    A ContextVar can only be read from inside its own context, so ``snapshot()`` shows the current unit alone. Deleting
    sets the variable to a mark: ``ContextVar.reset`` needs a token of the same context, which a unit that inherited
    the value does not have.

    Each instance has a class of its own, with a property for each name. CPython runs a property found on the class as
    fast as a call of a function, where a failed look-up before ``__getattr__`` costs ten times as much (3.11) and the
    mere presence of a ``__getattr__`` twice as much (3.13).
    """

    __slots__ = ("_lock", "_readers", "_writers")

    def __new__(cls) -> Self:
        writers: dict[str, Callable[[Any], Any]] = {}

        def assign(self: Self, name: str, value: Any) -> None:
            try:
                write = writers[name]
            except KeyError:
                super(own_class, self).__setattr__(name, value)
            else:
                write(value)

        own_class = type(
            cls.__name__, (cls,), {"__slots__": (), "__setattr__": assign, "__module__": cls.__module__}, reads_attributes=True
        )
        self = super().__new__(own_class)
        self._writers = writers
        return self

    def __init__(self) -> None:
        self._readers: dict[str, Callable[[], Any]] = {}
        self._lock = threading.Lock()

    def reader(self, name: str | None, /) -> Callable[[], Any]:
        if name is None:
            return super().reader(name)
        return self._open(name)

    def get(self, name: str, /) -> Any:
        value = self._readers[name]()
        if value is UNSET:
            raise LookupError(name)
        return value

    def set(self, name: str, value: Any, /) -> None:
        if name not in self._writers:
            self._open(name)
        self._writers[name](value)

    def delete(self, name: str, /) -> None:
        self.get(name)
        self._writers[name](UNSET)

    def release(self) -> None:
        for name in self.names():
            self._writers[name](UNSET)

    def names(self) -> Iterator[str]:
        return iter([name for name, read in list(self._readers.items()) if read() is not UNSET])

    def _open(self, name: str) -> Callable[[], Any]:
        """Make the variable of a name, once: two units that both made one would each write into their own."""
        with self._lock:
            if name not in self._writers:
                var: ContextVar[Any] = ContextVar(name, default=UNSET)
                self._readers[name] = var.get
                if name not in self._reserved:
                    setattr(type(self), name, _as_attribute(name, var))
                self._writers[name] = var.set
            return self._readers[name]


def _as_attribute(name: str, var: ContextVar[Any]) -> property:
    get, put = var.get, var.set

    def read(self: ContextLocal) -> Any:
        value = get()
        if value is UNSET:
            raise AttributeError(name, name=name, obj=self)
        return value

    return property(read, lambda self, value: put(value) and None)


SUBJECT = Subject(
    name="contextvar",
    summary="One ContextVar for each name, so the interpreter's current context holds the values.",
    make=ContextLocal,
    promise=Promise(isolates=frozenset(Unit)),
)
