"""Adopted: gives the whole Local surface to an object that has only the four storage operations."""

from typing import Any

from localimpl.local import Local, Storage


class Adopted(Local):
    """A Local over somebody's own storage, which needs no base class of ours.

    Storages cannot be asked what they hold, so the names are those ever set through here that still answer.
    """

    __slots__ = ("_names", "_storage")

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._names: set[str] = set()

    @property
    def __wrapped__(self) -> Storage:
        """The storage itself: whose source is looked into."""
        return self._storage

    def get(self, name: str, /) -> Any:
        return self._storage.get(name)

    def set(self, name: str, value: Any, /) -> None:
        self._names.add(name)
        self._storage.set(name, value)

    def delete(self, name: str, /) -> None:
        self._storage.delete(name)

    def release(self) -> None:
        self._storage.release()

    def names(self) -> list[str]:
        return [name for name in sorted(self._names.copy()) if _answers(self._storage, name)]


def _answers(storage: Storage, name: str) -> bool:
    try:
        storage.get(name)
    except LookupError:
        return False
    return True
