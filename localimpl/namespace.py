"""Namespace: gives the whole Local surface to an object whose attributes already are each unit's own."""

from typing import Any

from localimpl.local import Local


class Namespace(Local):
    """A Local over the attributes of an object such as threading.local().

    Such objects differ in whether and how they list what they hold, so the names are those ever set through
    here that still answer, and releasing deletes them one by one.
    """

    __slots__ = ("_names", "_namespace")

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace
        self._names: set[str] = set()

    @property
    def __wrapped__(self) -> Any:
        """The object itself: whose source is looked into."""
        return self._namespace

    def get(self, name: str, /) -> Any:
        try:
            return getattr(self._namespace, name)
        except AttributeError:
            raise LookupError(name) from None

    def set(self, name: str, value: Any, /) -> None:
        self._names.add(name)
        setattr(self._namespace, name, value)

    def delete(self, name: str, /) -> None:
        try:
            delattr(self._namespace, name)
        except AttributeError:
            raise LookupError(name) from None

    def release(self) -> None:
        for name in self.names():
            self.delete(name)

    def names(self) -> list[str]:
        return [name for name in sorted(self._names.copy()) if hasattr(self._namespace, name)]
