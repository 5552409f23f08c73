"""A negative control: one slot for everybody, as when the request is kept on a class or in a module.

Modelled on django-sitetree #182 (``_global_context`` on a class, overwritten by every thread: two users
were hit at the same moment) and django-easy-audit #6 (the request stored on the middleware class).
"""

from typing import Any

from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject


class GlobalLocal(Local):
    """One dict, whoever asks."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, name: str, /) -> Any:
        return self._values[name]

    def set(self, name: str, value: Any, /) -> None:
        self._values[name] = value

    def delete(self, name: str, /) -> None:
        del self._values[name]

    def release(self) -> None:
        self._values.clear()

    def names(self) -> list[str]:
        return list(self._values)

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        return {"everybody": self._values.copy()} if self._values else {}


SUBJECT = Subject(
    name="broken_global",
    summary="One dict for everybody.",
    make=GlobalLocal,
    promise=Promise(
        isolates=frozenset(),
        refuted_on=frozenset((unit, name) for unit in Unit for name in ("read_back", "belong_together")),
    ),
    control=True,
    source="django-sitetree #182, django-easy-audit #6",
)
