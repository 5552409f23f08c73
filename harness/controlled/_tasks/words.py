"""Tells in words what a task waits for: which kind of object, who holds it or should bring it, at which line."""

import asyncio
from collections.abc import Iterator, Mapping
from gc import get_referents
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness.controlled._tasks.frames import awaited, stands

MODULES = ("asyncio.locks", "asyncio.queues", "asyncio.taskgroups")
AnyTask = asyncio.Task[Any]
Names = Mapping[AnyTask, str]


def waits_for(task: AnyTask, names: Names) -> str:
    """Say what a suspended task waits for; ``names`` are those of all tasks of the schedule."""
    file, line = stands(task.get_coro())
    place = f", at {Path(file).name}:{line}" if file else ""
    return f"{_what(task, names)}{place}"


def _what(task: AnyTask, names: Names) -> str:
    # Every task, of C or of Python, has it; asyncio's own tools for stacks of tasks look at it too.
    future: Any = getattr(task, "_fut_waiter", None)
    others = ""
    for _, frame in awaited(task.get_coro()):
        if not frame.f_globals.get("__name__", "").startswith("asyncio."):
            continue
        local = frame.f_locals
        owner = local.get("self")
        if type(owner).__module__ in MODULES:
            if isinstance(owner, asyncio.TaskGroup):
                others = f"the tasks of its TaskGroup{_named(getattr(owner, '_tasks', ()), names)}"
                continue
            return f"{_article(type(owner).__name__)}{_held(owner, names)}"
        if "fs" in local:
            others = f"tasks{_named(local['fs'], names)}"
        elif local.get("fut") in names:
            others = f"task{_named([local['fut']], names)}"
    if others:
        return others
    if future in names:
        return f"task{_named([future], names)}"
    if children := getattr(future, "_children", None):
        return f"the tasks that it gathers{_named(children, names)}"
    return "a future that nobody has set"


def _named(futures: Any, names: Names) -> str:
    told = sorted(names.get(future, "another") for future in futures if not future.done())
    return f" {', '.join(told)}" if told else ""


def _held(owner: Any, names: Names) -> str:
    holders = [name for task, name in names.items() if _holds(task, owner)]
    if holders:
        return f" that {' and '.join(holders)} {'holds' if len(holders) == 1 else 'hold'}"
    if isinstance(owner, asyncio.Condition) and not owner.locked():
        return " that nobody has notified"
    if isinstance(owner, asyncio.Event):
        return " that nobody has set"
    if isinstance(owner, asyncio.Queue):
        return " that is full" if owner.full() else " that is empty"
    return ""


def _holds(task: AnyTask, owner: Any) -> bool:
    """Tell whether a task is inside ``async with owner``: its stack then holds the way out.

    It does so already on the way in, and while it waits for a condition to be notified.
    """
    inside = {id(owner), id(getattr(owner, "_lock", owner))}
    entered = 0
    for coroutine, frame in awaited(task.get_coro()):
        if frame.f_code.co_name in ("__aenter__", "wait"):
            entered -= id(frame.f_locals.get("self")) in inside
        entered += sum(id(thing) in inside for thing in _entered(coroutine))
    return entered > 0


def _entered(coroutine: Any) -> Iterator[Any]:
    """Yield what a coroutine's stack holds the way out of: a bound method, or a function and then, from 3.14 on, what
    it is to be called with."""
    for thing, following in pairwise([*get_referents(coroutine), None]):
        if getattr(thing, "__name__", "") == "__aexit__":
            yield getattr(thing, "__self__", following)


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"
