"""A Local that keys a dict by the thread's ident, as Werkzeug did before it knew greenlets."""

from typing import Any

from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject
from localimpl.unpatched import unpatched

# Where gevent has patched it, get_ident gives the greenlet's ident.
get_ident = unpatched("threading", "get_ident")


class ThreadIdentLocal(Local):
    """A dict of dicts by ``threading.get_ident()``.

    Greenlets and tasks of one thread share its entry. Idents are handed out again: a new thread finds the
    entry of a dead one that did not release.
    """

    __slots__ = ("_storage",)

    def __init__(self) -> None:
        self._storage: dict[str | int, dict[str, Any]] = {}

    def get(self, name: str, /) -> Any:
        return self._storage[get_ident()][name]

    def set(self, name: str, value: Any, /) -> None:
        # Only the thread that has this ident ever makes its entry.
        self._storage.setdefault(get_ident(), {})[name] = value

    def delete(self, name: str, /) -> None:
        values = self._storage[get_ident()]
        del values[name]
        if not values:
            self.release()

    def release(self) -> None:
        self._storage.pop(get_ident(), None)

    def names(self) -> list[str]:
        return list(self._storage.get(get_ident(), ()))

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        return {ident: dict(values) for ident, values in self._storage.copy().items()}


SUBJECT = Subject(
    name="thread_ident",
    summary="A dict of values for each thread, keyed by threading.get_ident().",
    make=ThreadIdentLocal,
    promise=Promise(
        isolates=frozenset({Unit.THREAD}),
        refuted_on=frozenset(
            {
                # A new thread gets the ident, and the values, of a dead one.
                (Unit.THREAD, "child_unreleased"),
                (Unit.GREENLET, "read_back"),
                (Unit.TASK, "read_back"),
            }
        ),
    ),
)
