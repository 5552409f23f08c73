"""Whom a callback of gevent's would switch to first that hands on a lock or an item, and must do it there and then.

What an event or a greenlet's end wakes may go on later. But a semaphore counts on it that the one it wakes takes it
before the next is woken, and a queue that he takes the item: their callbacks are put off as a whole until the first in
the line is picked. Nothing of gevent tells who that is, so the lines are looked for in what these objects refer to.
"""

import gc
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from gevent._waiter import Waiter
from gevent.lock import Semaphore
from gevent.queue import Channel, SimpleQueue
from greenlet import greenlet

from harness.controlled._gevent.unit import GreenletUnit

UnitOf = Callable[[greenlet], GreenletUnit | None]


HANDS_ON = (Semaphore, SimpleQueue, Channel)
"""What has callbacks that hand something on."""


def head(thing: Any, late: Iterable[Any], unit_of: UnitOf) -> GreenletUnit | None:
    """Return the unit that a callback of ``thing`` would switch to first; None when there is none.

    ``late`` are the links of those that came to wait after the callback was asked for.
    """
    if isinstance(thing, Semaphore):
        return None if thing.locked() else _first([*_lines(thing, list), list(late)], unit_of)
    lines = _lines(thing, deque)
    putters = [line for line in lines if line and hasattr(_waiter(line[0]), "item")]
    getters = [line for line in lines if line and type(line[0]) is Waiter]
    if isinstance(thing, Channel):
        return _first(getters, unit_of)
    if putters and not thing.full():
        return _first(putters, unit_of)
    return _first(getters, unit_of) if thing.qsize() else None


def _lines(thing: Any, kind: type) -> list[Any]:
    return [each for each in gc.get_referents(thing) if type(each) is kind]


def _waiter(each: Any) -> Any:
    return each[1] if type(each) is tuple else each


def _first(lines: Iterable[Iterable[Any]], unit_of: UnitOf) -> GreenletUnit | None:
    """Return the first unit of the lines that is not about to have something raised in it instead."""
    for line in lines:
        for each in line:
            owner = each if isinstance(each, Waiter) else getattr(each, "__self__", None)
            if isinstance(owner, Waiter):
                owner = unit_of(owner.greenlet) if owner.greenlet is not None else None
            if isinstance(owner, GreenletUnit) and not owner.throws:
                return owner
    return None
