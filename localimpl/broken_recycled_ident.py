"""A negative control: values are kept by the ``id()`` of the unit, which a later unit gets again.

Modelled on anyio #324 (``TaskInfo`` compares the ids of dead tasks: tasks of two runs were equal) and on
Werkzeug's Local before commit 7866f25e, whose dict by thread ident kept what a thread did not release.
"""

import sys
from typing import Any

from greenlet import getcurrent

from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject
from localimpl.unpatched import unpatched

get_ident = unpatched("threading", "get_ident")


class RecycledIdentLocal(Local):
    """A dict of dicts by the id of the task, of the greenlet or of the thread; only releasing removes an entry."""

    __slots__ = ("_storage",)

    def __init__(self) -> None:
        self._storage: dict[str | int, dict[str, Any]] = {}

    def get(self, name: str, /) -> Any:
        return self._storage[_unit_id()][name]

    def set(self, name: str, value: Any, /) -> None:
        self._storage.setdefault(_unit_id(), {})[name] = value

    def delete(self, name: str, /) -> None:
        values = self._storage[_unit_id()]
        del values[name]
        if not values:
            self.release()

    def release(self) -> None:
        self._storage.pop(_unit_id(), None)

    def names(self) -> list[str]:
        return list(self._storage.get(_unit_id(), ()))

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        return {ident: values.copy() for ident, values in self._storage.copy().items()}


def _unit_id() -> int:
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        task = asyncio.current_task()
        if task is not None:
            return id(task)
    current = getcurrent()
    return get_ident() if current.parent is None else id(current)


SUBJECT = Subject(
    name="broken_recycled_ident",
    summary="A dict of values for each unit, keyed by its id(), of which a later unit may have the same.",
    make=RecycledIdentLocal,
    promise=Promise(isolates=frozenset(), refuted_on=frozenset((unit, "child_unreleased") for unit in Unit)),
    control=True,
    source="anyio #324, Werkzeug before 7866f25e",
)
