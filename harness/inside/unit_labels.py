"""Names the unit that runs: a label belongs to the thread, greenlet or task itself, never to an ident used again."""

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from localimpl import Unit


class UnitLabels:
    """Gives each unit of one kind a label, the same for as long as the unit lives and never given again."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._current = _current_of(unit)
        self._labels: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        self._numbers = count()

    def __call__(self) -> str:
        """Return the label of the unit that calls."""
        unit = self._current()
        label = self._labels.get(unit)
        if label is None:
            # Only the unit itself asks for its label, so no other can come between the look and the entry.
            label = self._labels[unit] = f"{self._unit.value}-{next(self._numbers)}"
        return label


def _current_of(unit: Unit) -> Callable[[], Any]:
    match unit:
        case Unit.THREAD:
            import threading

            return threading.current_thread
        case Unit.GREENLET:
            import greenlet

            return greenlet.getcurrent
        case Unit.TASK:
            import asyncio

            return asyncio.current_task
