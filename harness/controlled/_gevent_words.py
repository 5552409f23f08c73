"""Says what a greenlet waits for, by what its wish to be woken was put down in."""

import gc
from collections import deque
from collections.abc import Sequence
from typing import Any

from gevent._abstract_linkable import AbstractLinkable
from gevent._waiter import Waiter
from gevent.event import AsyncResult, Event
from gevent.greenlet import Greenlet
from gevent.lock import Semaphore
from gevent.queue import Channel, SimpleQueue

from harness.controlled._gevent_unit import GreenletUnit
from harness.controlled._place import Place, place

DEEPEST = 3
"""From a waiter through its bound method and the list that holds that."""

ANOTHER = "another greenlet"

Units = Sequence[GreenletUnit | None]


def told(stands: Place) -> str:
    """Return ``, to go on at /srv/shop.py:14``, or nothing where no line is known."""
    file, line = stands
    return f", to go on at {file}:{line}" if file else ""


def waits_for(unit: GreenletUnit, units: Units) -> str:
    """Return what a unit waits for, and where: ``a lock that r2 holds, to go on at /srv/shop.py:14``.

    All that the garbage collector knows is searched for it, which takes longer than hundreds of schedules.
    """
    things = _holders([unit.link, *_waiters(unit)])
    words = " or ".join(dict.fromkeys(_words(thing, units) for thing in things)) or ANOTHER
    return words + told(place(unit.greenlet.gr_frame))


def _waiters(unit: GreenletUnit) -> list[Any]:
    return [each for each in gc.get_referrers(unit.greenlet) if isinstance(each, Waiter)]


def _holders(links: list[Any]) -> list[Any]:
    """Return what refers to the links by its line of waiters."""
    found: list[Any] = []
    for _ in range(DEEPEST):
        ways: list[Any] = []
        for each in gc.get_referrers(*links):
            if isinstance(each, AbstractLinkable | Greenlet | SimpleQueue | Channel):
                found.append(each)
            elif (
                type(each) in (deque, tuple)
                or (type(each) is list and each is not links)
                or isinstance(getattr(each, "__self__", None), Waiter)
            ):
                ways.append(each)
        if not ways:
            break
        links = ways
    return found


def _words(thing: Any, units: Units) -> str:
    match thing:
        case Semaphore():
            names = [unit.name for unit in units if unit and not unit.ended and _holds(unit, thing)]
            return f"a lock that {names[0]} holds" if names else "a lock or semaphore"
        case Event():
            return "an event"
        case AsyncResult():
            return "a result"
        case Greenlet():
            names = [unit.name for unit in units if unit and not unit.ended and unit.greenlet is thing]
            return f"the end of {names[0] if names else 'a greenlet'}"
        case SimpleQueue() | Channel():
            return "a queue"
        case _:
            return ANOTHER


def _holds(unit: GreenletUnit, lock: Semaphore) -> bool:
    """Tell whether a unit owns the re-entrant lock that is made of this one; of others nobody knows who holds them."""
    owners = [
        each.get("_owner") if type(each) is dict else getattr(each, "_owner", None)
        for each in gc.get_referrers(lock)
    ]
    # gevent's own keeps the greenlet, the patched standard library's its ident.
    return unit.greenlet in owners or id(unit.greenlet) in owners
