"""A negative control: the values of the thread that asked last are cached; the cache is checked, then used.

Modelled on the cache of ``last_ec`` and ``last_dict`` in PyPy's ``pypy/module/thread/os_local.py``, which
"works because we are protected by the GIL": no thread can be switched within it. Here one can, between
settling whose values are current and using them, as in CherryPy #106 (a thread-ident dict with an unguarded
check before its use).
"""

import threading
from typing import Any

from localimpl.contextvar import ContextLocal
from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.stack import LocalStack
from localimpl.subject import Subject
from localimpl.unpatched import unpatched

get_ident = unpatched("threading", "get_ident")
Lock = unpatched("threading", "Lock")


class LastIdentCacheLocal(Local):
    """A dict of dicts by thread ident, and a short cut for a thread that asks twice in a row."""

    __slots__ = ("_current", "_last_ident", "_lock", "_owners", "_storage")

    def __init__(self) -> None:
        self._storage: dict[str | int, dict[str, Any]] = {}
        self._owners: dict[int, threading.Thread] = {}
        self._lock = Lock()
        self._last_ident = 0
        self._current: dict[str, Any] = {}

    def get(self, name: str, /) -> Any:
        self._settle()
        return self._current[name]

    def set(self, name: str, value: Any, /) -> None:
        self._settle()
        self._current[name] = value

    def delete(self, name: str, /) -> None:
        self._settle()
        del self._current[name]

    def release(self) -> None:
        self._settle()
        self._current.clear()

    def names(self) -> list[str]:
        self._settle()
        return list(self._current)

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        return {ident: values.copy() for ident, values in self._storage.copy().items() if values}

    def _settle(self) -> None:
        """Make the calling thread's values the current ones."""
        ident = get_ident()
        if ident != self._last_ident:
            self._last_ident = ident
            self._current = self._storage.setdefault(ident, {})
            self._owners[ident] = threading.current_thread()
            with self._lock:
                self._forget_the_dead()

    def _forget_the_dead(self) -> None:
        """Drop what ended threads left, for their idents will be given out again."""
        for ident, owner in self._owners.copy().items():
            if not owner.is_alive():
                del self._owners[ident]
                self._storage.pop(ident, None)


SUBJECT = Subject(
    name="broken_last_ident_cache",
    summary="A dict of values for each thread, with a cache of the last one's that is checked, then used.",
    make=LastIdentCacheLocal,
    # The frames lie in a sound Local: requests without their frames would fail before they are seen to mix.
    make_stack=lambda: LocalStack(ContextLocal()),
    promise=Promise(isolates=frozenset(), refuted_on=frozenset({(Unit.THREAD, "read_back")})),
    control=True,
    source="PyPy's os_local.py without its GIL, CherryPy #106",
)
