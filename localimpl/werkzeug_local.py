"""Werkzeug's Local and LocalStack as installed, which Flask up to 2.1 stood on."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from localimpl.local import current_unit
from localimpl.namespace import Namespace
from localimpl.promise import Promise, Unit
from localimpl.proxy import UNSET, attribute_of
from localimpl.stack import LocalStack
from localimpl.subject import Subject


class WerkzeugLocal(Namespace):
    """Werkzeug's Local, which lists and releases by itself."""

    __slots__ = ()

    def __init__(self) -> None:
        from werkzeug.local import Local

        super().__init__(Local())

    def release(self) -> None:
        self._namespace.__release_local__()

    def names(self) -> list[str]:
        return [name for name, _ in self._namespace]


class WerkzeugStack(LocalStack):
    """Werkzeug's LocalStack; the ContextVar under it is ours, for this context's stack to be seen."""

    __slots__ = ("_frames", "_stack")

    def __init__(self) -> None:
        from werkzeug.local import LocalStack as Stack

        self._frames: ContextVar[list[Any]] = ContextVar("werkzeug_local.stack")
        self._stack: Any = Stack(self._frames)

    def push(self, obj: Any) -> list[Any]:
        return self._stack.push(obj)  # type: ignore[no-any-return]

    def pop(self) -> Any:
        return self._stack.pop()

    @property
    def top(self) -> Any:
        return self._stack.top

    def reader(self, name: str | None = None, /) -> Callable[[], Any]:
        stack = self._stack

        def top() -> Any:
            frame = stack.top
            return UNSET if frame is None else frame

        return top if name is None else attribute_of(top, name)

    def release(self) -> None:
        self._stack.__release_local__()

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        frames = self._frames.get([])
        return {current_unit(): {"stack": list(frames)}} if frames else {}


SUBJECT = Subject(
    name="werkzeug_local",
    summary="werkzeug.local.Local: one ContextVar that holds a dict of all values, copied at each change.",
    make=WerkzeugLocal,
    make_stack=WerkzeugStack,
    promise=Promise(isolates=frozenset(Unit)),
)
