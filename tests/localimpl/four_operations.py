"""A Local of the four operations, as README allows it, and no more."""

from typing import Any


class FourOperations:
    """Keeps values by name.

    This is no part of the summary.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        return self.values[name]

    def set(self, name: str, value: Any) -> None:
        self.values[name] = value

    def delete(self, name: str) -> None:
        del self.values[name]

    def release(self) -> None:
        self.values.clear()
