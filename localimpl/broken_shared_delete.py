"""A negative control: deleting a name drops its ContextVar for everybody.

Modelled on asgiref 3.9.0, before commit fae2ab1 (#523): ``del local.name`` took the variable out of the dict
that all contexts share.
"""

from contextvars import ContextVar
from typing import Any

from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject


class SharedDeleteLocal(Local):
    """One ContextVar for each name; the dict of them belongs to nobody."""

    __slots__ = ("_vars",)

    def __init__(self) -> None:
        self._vars: dict[str, ContextVar[Any]] = {}

    def get(self, name: str, /) -> Any:
        return self._vars[name].get()

    def set(self, name: str, value: Any, /) -> None:
        self._vars.setdefault(name, ContextVar(name)).set(value)

    def delete(self, name: str, /) -> None:
        self.get(name)
        self._vars.pop(name, None)

    def release(self) -> None:
        for name in self.names():
            self._vars.pop(name, None)

    def names(self) -> list[str]:
        unset = object()
        return [name for name, var in self._vars.copy().items() if var.get(unset) is not unset]


SUBJECT = Subject(
    name="broken_shared_delete",
    summary="One ContextVar for each name, dropped for everybody when anybody deletes the name.",
    make=SharedDeleteLocal,
    promise=Promise(isolates=frozenset(), refuted_on=frozenset((unit, "read_back") for unit in Unit)),
    control=True,
    source="asgiref fae2ab1",
)
