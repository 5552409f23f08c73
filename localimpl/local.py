"""The Local surface: storage operations that a subject supplies, and Werkzeug's attributes on top of them."""

import sys
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from localimpl.proxy import UNSET, LocalProxy


class Storage(Protocol):
    """The least that can be tested: values by name, of whatever is taken for the current unit."""

    __slots__ = ()

    @abstractmethod
    def get(self, name: str, /) -> Any:
        """Return the value of name here; LookupError when it is unset."""

    @abstractmethod
    def set(self, name: str, value: Any, /) -> None:
        """Give name a value here."""

    @abstractmethod
    def delete(self, name: str, /) -> None:
        """Unset name here; LookupError when it is unset."""

    @abstractmethod
    def release(self) -> None:
        """Drop every value that the current unit holds."""


class Local(Storage):
    """A namespace whose attributes are each unit's own.

    Subclasses supply the storage; attributes, iteration, ``local("name")`` and releasing are written here
    once. Every subclass declares ``__slots__``: an attribute that its class does not define is a stored
    name, and what the class does define, such as the names of these methods, cannot be stored through
    attribute assignment.
    """

    __slots__ = ()
    _reserved: frozenset[str] = frozenset()

    def __init_subclass__(cls, *, reads_attributes: bool = False) -> None:
        """Complete the class; ``reads_attributes`` says that it makes stored names readable by itself.

        Otherwise it gets a ``__getattr__``. A class that has one loses CPython's specialised attribute
        reads even for names that are found without it, which is why it is not simply inherited.
        """
        super().__init_subclass__()
        cls._reserved = frozenset(dir(cls))
        if not reads_attributes:
            cls.__getattr__ = _read_attribute  # type: ignore[method-assign]

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names that have a value here."""

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        """Return {unit: {name: value}} of all units that can be seen from here; by default, this one."""
        held = dict(iter(self))
        return {current_unit(): held} if held else {}

    def reader(self, name: str | None, /) -> Callable[[], Any]:
        """Return a look-up of one name that answers UNSET instead of raising, for proxies and stacks."""
        if name is None:
            raise TypeError(f"a proxy to a {type(self).__name__} needs the name that it stands for")
        get = self.get

        def read() -> Any:
            try:
                return get(name)
            except LookupError:
                return UNSET

        return read

    def writer(self, name: str, /) -> Callable[[Any], Any]:
        """Return what gives one name a value, or none when the value is UNSET: what stacks call."""

        def write(value: Any) -> None:
            if value is UNSET:
                self.delete(name)
            else:
                self.set(name, value)

        return write

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._reserved:
            object.__setattr__(self, name, value)
        else:
            self.set(name, value)

    def __delattr__(self, name: str) -> None:
        try:
            self.delete(name)
        except LookupError:
            raise AttributeError(name, name=name, obj=self) from None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in self.names():
            try:
                yield name, self.get(name)
            except LookupError:
                continue  # another unit took it, as some controls do

    def __call__(self, name: str, *, unbound_message: str | None = None) -> LocalProxy:
        """Return a proxy to whatever name is bound to at the moment of each use."""
        return LocalProxy(self, name, unbound_message=unbound_message)

    def __release_local__(self) -> None:
        self.release()


def _read_attribute(self: Local, name: str) -> Any:
    try:
        return self.get(name)
    except LookupError:
        raise AttributeError(name, name=name, obj=self) from None


def current_unit() -> str | int:
    """Return what to call the running unit: the task's name, the greenlet's id or the thread's ident."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        task = asyncio.current_task()
        if task is not None:
            return str(task.get_name())
    greenlet = sys.modules.get("greenlet")
    if greenlet is not None and greenlet.getcurrent().parent is not None:
        return id(greenlet.getcurrent())
    return threading.get_ident()
