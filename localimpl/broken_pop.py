"""A negative control: a LocalStack whose pop takes the newest frame, whoever pushed it.

Modelled on Celery #706, where under eventlet "2 coroutines append and pop on the same list", and tasks
became children of themselves.
"""

from collections.abc import Callable
from typing import Any

from localimpl.contextvar import ContextLocal
from localimpl.local import current_unit
from localimpl.promise import Promise, Unit
from localimpl.proxy import UNSET, attribute_of
from localimpl.stack import LocalStack
from localimpl.subject import Subject


class NewestPopped(LocalStack):
    """One list of (owner, frame): the top is the owner's newest, but pop takes the newest of all."""

    __slots__ = ("_frames",)

    def __init__(self) -> None:
        self._frames: list[tuple[str | int, Any]] = []

    def push(self, obj: Any) -> list[Any]:
        self._frames.append((current_unit(), obj))
        return self._own()

    def pop(self) -> Any:
        try:
            return self._frames.pop()[1]
        except IndexError:
            return None

    @property
    def top(self) -> Any:
        own = self._own()
        return own[-1] if own else None

    def reader(self, name: str | None = None, /) -> Callable[[], Any]:
        def top() -> Any:
            own = self._own()
            return own[-1] if own else UNSET

        return top if name is None else attribute_of(top, name)

    def release(self) -> None:
        unit = current_unit()
        self._frames[:] = [frame for frame in self._frames if frame[0] != unit]

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        held: dict[str | int, dict[str, Any]] = {}
        for unit, obj in self._frames.copy():
            held.setdefault(unit, {"stack": []})["stack"].append(obj)
        return held

    def _own(self) -> list[Any]:
        unit = current_unit()
        return [obj for owner, obj in self._frames.copy() if owner == unit]


SUBJECT = Subject(
    name="broken_pop",
    summary="One ContextVar for each name, but one list of frames for everybody, popped from its end.",
    make=ContextLocal,
    make_stack=NewestPopped,
    promise=Promise(isolates=frozenset(), refuted_on=frozenset((unit, "nested_contexts") for unit in Unit)),
    control=True,
    source="Celery #706",
)
