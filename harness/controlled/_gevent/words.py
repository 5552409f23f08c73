"""Says what a greenlet waits for, by what its wish to be woken was put down in."""

import gc
from collections import deque
from collections.abc import Iterator, Sequence
from types import BuiltinMethodType, CodeType, FrameType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any

from gevent._abstract_linkable import AbstractLinkable
from gevent._waiter import Waiter
from gevent.event import AsyncResult, Event
from gevent.greenlet import Greenlet
from gevent.hub import Hub
from gevent.lock import Semaphore
from gevent.queue import Channel, SimpleQueue
from greenlet import greenlet

from harness.controlled._gevent.unit import GreenletUnit
from harness.controlled._place import Place, carries, place
from harness.core.execution import Execution
from harness.explorer.attributes import attributes

NEAR = 5
"""From what a frame knows through a few attributes and containers."""
MOST = 3_000
"""Objects that are looked at near a greenlet, before all that there are."""
DEEPEST = 3
"""From a waiter through its bound method and the list that holds that."""
DEAD_ENDS = (ModuleType, type, FunctionType, CodeType, str, bytes, int, float, NoneType, GreenletUnit, Hub)
"""What knows far too much, or nothing."""
LINKABLE = (AbstractLinkable, Greenlet, SimpleQueue, Channel)
METHODS = (MethodType, BuiltinMethodType)

ANOTHER = "another greenlet"

Units = Sequence[GreenletUnit | None]


def told(stands: Place) -> str:
    """Return ``, to go on at /srv/shop.py:14``, or nothing where no line is known."""
    file, line = stands
    return f", to go on at {file}:{line}" if file else ""


def tell_waits(execution: Execution, units: Units) -> None:
    """Say of each unit that waits for what it does, or at least where."""
    for number in execution.waiting:
        unit = units[number]
        if unit is None or unit.ended:  # one that blocked the thread has said what it waited for
            continue
        if execution.words:
            execution.waiting[number] = waits_for(unit, units)
        else:
            execution.waiting[number] = ANOTHER + told(place(unit.greenlet.gr_frame))


def waits_for(unit: GreenletUnit, units: Units) -> str:
    """Return what a unit waits for, and where: ``a lock that r2 holds, to go on at /srv/shop.py:14``.

    It is searched for in what the unit's frames know, else among all objects, which takes as long as many schedules.
    Objects are asked for nothing but their types: a proxy would look its value up.
    """
    found = _near(unit) or _anywhere(unit)
    frame = unit.greenlet.gr_frame
    words = " or ".join(dict.fromkeys(_words(thing, unit, units) + _named(thing, frame) for thing in found))
    return (words or ANOTHER) + told(place(frame))


def _near(unit: GreenletUnit) -> list[Any]:
    """Look at what the frames of a unit know, and what that refers to."""
    found: list[Any] = []
    seen: set[int] = set()
    level = list(_known(unit.greenlet.gr_frame))
    for _ in range(NEAR):
        below: list[Any] = []
        for each in level:
            kind = type(each)
            if id(each) in seen or issubclass(kind, DEAD_ENDS):
                continue
            seen.add(id(each))
            if issubclass(kind, LINKABLE) and _waits_in(unit, each):
                found.append(each)
            elif len(seen) < MOST and not issubclass(kind, greenlet):
                below += gc.get_referents(each)
        if found:
            break
        level = below
    return found


def _named(thing: Any, frame: FrameType | None) -> str:
    """Return how the program knows a thing where it waits, in brackets: `` (self.lock)``.

    Nothing for what it knows by no name, and for greenlets, which are called by their units. A re-entrant lock, which
    has another in ``_block``, is called by its own.
    """
    if isinstance(thing, Greenlet):
        return ""
    while frame is not None:
        if not carries(frame.f_code.co_filename):
            for name, value in (*frame.f_locals.items(), *frame.f_globals.items()):
                if value is thing:
                    return f" ({name})"
                for attribute, held in () if issubclass(type(value), DEAD_ENDS) else attributes(value):
                    if held is thing:
                        return f" ({name})" if attribute == "_block" else f" ({name}.{attribute})"
        frame = frame.f_back
    return ""


def _known(frame: FrameType | None) -> Iterator[Any]:
    while frame is not None:
        yield from frame.f_locals.values()
        if not carries(frame.f_code.co_filename):
            yield from frame.f_globals.values()
        frame = frame.f_back


def _waits_in(unit: GreenletUnit, thing: Any) -> bool:
    for line in gc.get_referents(thing):
        if type(line) in (list, deque):
            for each in line:
                waiter = each[1] if type(each) is tuple and len(each) == 2 else each
                waiter = waiter.__self__ if type(waiter) in METHODS else waiter
                if waiter is unit or (issubclass(type(waiter), Waiter) and waiter.greenlet is unit.greenlet):
                    return True
    return False


def _anywhere(unit: GreenletUnit) -> list[Any]:
    """Look at what refers to the unit's wish to be woken, through the line in which it stands."""
    waiters = [each for each in gc.get_referrers(unit.greenlet) if issubclass(type(each), Waiter)]
    links: list[Any] = [unit.link, *waiters]
    found: list[Any] = []
    for _ in range(DEEPEST):
        ways: list[Any] = []
        for each in gc.get_referrers(*links):
            if each is unit.greenlet:
                continue
            if issubclass(type(each), LINKABLE):
                found.append(each)
            elif type(each) in (deque, tuple, *METHODS) or (type(each) is list and each is not links):
                ways.append(each)
        if not ways:
            break
        links = ways
    return found


def _owner(lock: Semaphore, frame: FrameType | None) -> Any:
    """Return who owns the re-entrant lock that is made of this one: of another kind nobody knows who holds it.

    gevent's own knows the greenlet, the patched standard library's its ident.
    """
    while frame is not None and carries(frame.f_code.co_filename):
        owner = frame.f_locals.get("self")
        if getattr(owner, "_block", None) is lock:
            return getattr(owner, "_owner", None)
        frame = frame.f_back
    return None


def _words(thing: Any, waits: GreenletUnit, units: Units) -> str:
    match thing:
        case Semaphore():
            holder = _owner(thing, waits.greenlet.gr_frame)
            names = [
                unit.name
                for unit in units
                if unit and not unit.ended and holder in (unit.greenlet, id(unit.greenlet))
            ]
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
