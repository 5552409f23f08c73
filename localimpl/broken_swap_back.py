"""A negative control: a LocalStack with one current frame for everybody, which puts back what it found.

Modelled on Flask-Babel #117 and #146: ``force_locale`` swapped a function on an object that all requests
share and, as two of them left in the order in which they had entered, put back the wrong one for good.
"""

from collections.abc import Callable
from typing import Any

from localimpl.contextvar import ContextLocal
from localimpl.promise import Promise, Unit
from localimpl.proxy import UNSET, attribute_of
from localimpl.stack import LocalStack
from localimpl.subject import Subject


class SwappedBack(LocalStack):
    """The frame in force belongs to everybody; what each push found is kept by the unit that pushed."""

    __slots__ = ("_in_force",)

    def __init__(self) -> None:
        super().__init__(ContextLocal())
        self._in_force: Any = UNSET

    def push(self, obj: Any) -> list[Any]:
        found = super().push(self._in_force)
        self._in_force = obj
        return [*found[1:], obj]

    def pop(self) -> Any:
        frame = self._in_force
        found = super().pop()
        self._in_force = UNSET if found is None else found
        return None if frame is UNSET else frame

    @property
    def top(self) -> Any:
        return None if self._in_force is UNSET else self._in_force

    def reader(self, name: str | None = None, /) -> Callable[[], Any]:
        def top() -> Any:
            return self._in_force

        return top if name is None else attribute_of(top, name)

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        return {} if self._in_force is UNSET else {"everybody": {"stack": [self._in_force]}}


SUBJECT = Subject(
    name="broken_swap_back",
    summary="One ContextVar for each name, but one frame in force for everybody, put back at each pop.",
    make=ContextLocal,
    make_stack=SwappedBack,
    promise=Promise(isolates=frozenset(), refuted_on=frozenset((unit, "nested_contexts") for unit in Unit)),
    control=True,
    source="Flask-Babel #117, #146",
)
