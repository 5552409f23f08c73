"""A negative control: a ContextVar that holds a mutable dict, changed in place.

A child task starts with a copy of the context, but the copy holds the same dict: what it writes, its parent
reads. Modelled on Werkzeug's LocalStack before commit 092ff47d (the list in the ContextVar was appended to
in place) and on asgiref #473 (versions 3.7 to 3.8.1: under Django and ASGI the language of one user was
shown to others).
"""

from contextvars import ContextVar
from typing import Any

from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject


class SharedMutableLocal(Local):
    """A dict in a ContextVar, without a copy before each change."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: ContextVar[dict[str, Any]] = ContextVar("broken_shared_mutable")

    def get(self, name: str, /) -> Any:
        return self._values.get({})[name]

    def set(self, name: str, value: Any, /) -> None:
        values = self._values.get({})
        values[name] = value
        self._values.set(values)

    def delete(self, name: str, /) -> None:
        del self._values.get({})[name]

    def release(self) -> None:
        self._values.set({})

    def names(self) -> list[str]:
        return list(self._values.get({}))


SUBJECT = Subject(
    name="broken_shared_mutable",
    summary="One ContextVar that holds a dict, which is changed in place.",
    make=SharedMutableLocal,
    promise=Promise(
        isolates=frozenset(), refuted_on=frozenset({(Unit.TASK, "child_unit"), (Unit.TASK, "child_context")})
    ),
    control=True,
    source="Werkzeug 092ff47d, asgiref #473",
)
