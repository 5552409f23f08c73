"""A Local that keys a dict by the current greenlet, as Werkzeug 0.x and 1.x did."""

from typing import Any
from weakref import ref

from greenlet import getcurrent, greenlet

from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject


class GreenletIdentLocal(Local):
    """A dict of dicts by ``greenlet.getcurrent()``, which outside any greenlet is the thread's main greenlet.

    The keys are weak references to the greenlets: their ids would be handed out again, and the greenlets
    themselves would be kept alive for ever. Tasks of one thread share its entry.
    """

    __slots__ = ("_storage",)

    def __init__(self) -> None:
        self._storage: dict[ref[greenlet], dict[str, Any]] = {}

    def get(self, name: str, /) -> Any:
        return self._storage[ref(getcurrent())][name]

    def set(self, name: str, value: Any, /) -> None:
        # No other unit ever makes this entry, so there is nothing to lose between the look-up and the store.
        values = self._storage.get(ref(getcurrent()))
        if values is None:
            values = self._storage[ref(getcurrent(), self._storage.pop)] = {}
        values[name] = value

    def delete(self, name: str, /) -> None:
        values = self._storage[ref(getcurrent())]
        del values[name]
        if not values:
            self.release()

    def release(self) -> None:
        self._storage.pop(ref(getcurrent()), None)

    def names(self) -> list[str]:
        return list(self._storage.get(ref(getcurrent()), ()))

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        """Return {id of the greenlet: {name: value}} for every greenlet that is alive."""
        alive = ((key(), values) for key, values in self._storage.copy().items())
        return {id(unit): dict(values) for unit, values in alive if unit is not None}


SUBJECT = Subject(
    name="greenlet_ident",
    summary="A dict of values for each greenlet, keyed by greenlet.getcurrent() through weak references.",
    make=GreenletIdentLocal,
    promise=Promise(
        isolates=frozenset({Unit.THREAD, Unit.GREENLET}),
        refuted_on=frozenset({(Unit.TASK, "read_back")}),
    ),
)
