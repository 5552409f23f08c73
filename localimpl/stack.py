"""LocalStack: a stack for each unit, kept in a Local under the name "stack"."""

from collections.abc import Callable
from typing import Any

from localimpl.local import Local
from localimpl.proxy import UNSET, LocalProxy, attribute_of


class LocalStack:
    """A stack of objects that is each unit's own.

    Pushes and pops replace the list instead of changing it, so a unit that inherited its parent's storage
    (a task started in a copied context) cannot reach into the parent's stack.
    """

    __slots__ = ("_local", "_read", "_write")

    def __init__(self, local: Local) -> None:
        self._local = local
        self._read = local.reader("stack")
        self._write = local.writer("stack")

    def push(self, obj: Any) -> list[Any]:
        """Put obj on top and return the stack as it is now."""
        found = self._read()
        frames = [obj] if found is UNSET else [*found, obj]
        self._write(frames)
        return frames

    def pop(self) -> Any:
        """Take the top off and return it, None when there is none; the last pop leaves the storage empty."""
        frames = self._read()
        if frames is UNSET:
            return None
        if len(frames) == 1:
            self._write(UNSET)
            return frames[0]
        rest = frames.copy()
        top = rest.pop()
        self._write(rest)
        return top

    @property
    def top(self) -> Any:
        """The object on top; None when the stack is empty."""
        frames = self._read()
        return None if frames is UNSET else frames[-1]

    def reader(self, name: str | None = None, /) -> Callable[[], Any]:
        """Return a look-up of the top, or of its attribute name, that answers UNSET on an empty stack."""
        read = self._read

        def top() -> Any:
            frames = read()
            return UNSET if frames is UNSET else frames[-1]

        return top if name is None else attribute_of(top, name)

    def __call__(self, name: str | None = None, *, unbound_message: str | None = None) -> LocalProxy:
        """Return a proxy to the top, or to the top's attribute name."""
        return LocalProxy(self, name, unbound_message=unbound_message)

    def release(self) -> None:
        """Drop the current unit's whole stack."""
        self._local.release()

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        """Return {unit: {"stack": [bottom, …, top]}} of the units that can be seen from here."""
        return self._local.snapshot()

    def __release_local__(self) -> None:
        self.release()
