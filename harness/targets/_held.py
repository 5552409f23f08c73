"""A Local over the dict that a framework keeps for a request: storage for a view under names of its own."""

from collections.abc import Callable
from typing import Any

from localimpl.local import Local


class HeldLocal(Local):
    """Asks at each use for the dict of the current request, however its framework comes by it."""

    __slots__ = ("_held",)

    def __init__(self, held: Callable[[], dict[str, Any]]) -> None:
        self._held = held

    def get(self, name: str, /) -> Any:
        return self._held()[name]

    def set(self, name: str, value: Any, /) -> None:
        self._held()[name] = value

    def delete(self, name: str, /) -> None:
        del self._held()[name]

    def release(self) -> None:
        self._held().clear()

    def names(self) -> list[str]:
        return sorted(self._held())
