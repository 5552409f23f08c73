"""A Local of the simplest kind: a dict whose key tells units apart, or does not."""

from collections.abc import Callable, Hashable
from typing import Any


class Local:
    """Keeps one value for each unit; ``key`` returns which unit this is."""

    def __init__(self, key: Callable[[], Hashable]) -> None:
        self._key = key
        self._values: dict[Hashable, Any] = {}

    def set(self, value: Any) -> None:
        """Keep a value for the running unit."""
        self._values[self._key()] = value

    def get(self) -> Any:
        """Return the running unit's value, None if it has none."""
        return self._values.get(self._key())

    def release(self) -> None:
        """Forget the running unit's value."""
        self._values.pop(self._key(), None)
