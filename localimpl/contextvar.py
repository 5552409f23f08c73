"""A Local with one ContextVar for each name: the interpreter keeps threads, greenlets and tasks apart."""

from collections.abc import Callable
from contextvars import ContextVar
from types import new_class
from typing import Any, Self

from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.proxy import UNSET
from localimpl.subject import Subject
from localimpl.unpatched import unpatched

# Nothing that holds it gives way, and native threads of a patched process (gevent's pool) need it too.
Lock = unpatched("threading", "Lock")


class ContextLocal(Local, reads_attributes=True):
    """One ContextVar for each name, made when the name is first used.

    A ContextVar can only be read from inside its own context, so ``snapshot()`` shows the current unit
    alone. Deleting sets the variable to a mark: ``ContextVar.reset`` needs a token made in the same
    context, and a unit that inherited the value has none.

    Each instance has a class of its own, with a property for each name: a property that is found on the
    class costs a function call, where a failed look-up before ``__getattr__`` costs ten times that on 3.11,
    and the mere presence of a ``__getattr__`` twice that on 3.13.
    """

    __slots__ = ("_lock", "_readers", "_writers")
    _readers: dict[str, Callable[[], Any]]
    _writers: dict[str, Callable[[Any], Any]]

    def __new__(cls) -> Self:
        writers: dict[str, Callable[[Any], Any]] = {}

        def assign(self: Self, name: str, value: Any) -> None:
            try:
                write = writers[name]
            except KeyError:
                cls.__setattr__(self, name, value)
            else:
                write(value)

        body = {"__slots__": (), "__setattr__": assign, "__module__": cls.__module__, "__doc__": cls.__doc__}
        own_class: type[Self] = new_class(
            cls.__name__, (cls,), {"reads_attributes": True}, lambda namespace: namespace.update(body)
        )
        self = super().__new__(own_class)
        self._lock = Lock()
        self._readers = {}
        self._writers = writers
        return self

    def reader(self, name: str | None, /) -> Callable[[], Any]:
        if name is None:
            return super().reader(name)
        self._open(name)
        return self._readers[name]

    def writer(self, name: str, /) -> Callable[[Any], Any]:
        self._open(name)
        return self._writers[name]

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

    def names(self) -> list[str]:
        return [name for name, read in self._readers.copy().items() if read() is not UNSET]

    def _open(self, name: str) -> None:
        """Make the variable of a name, once: two units that both made one would each fill their own."""
        with self._lock:
            if name not in self._writers:
                var: ContextVar[Any] = ContextVar(name, default=UNSET)
                self._readers[name] = var.get
                if name not in self._reserved:
                    setattr(type(self), name, _attribute(name, var.get))
                self._writers[name] = var.set


def _attribute(name: str, get: Callable[[], Any]) -> property:
    def read(self: ContextLocal) -> Any:
        value = get()
        if value is UNSET:
            raise AttributeError(name, name=name, obj=self)
        return value

    return property(read)


SUBJECT = Subject(
    name="contextvar",
    summary="One ContextVar for each name, so the interpreter's current context holds the values.",
    make=ContextLocal,
    promise=Promise(isolates=frozenset(Unit)),
)
