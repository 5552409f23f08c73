"""Programs of every kind of host whose schedules one version of Python writes down and another repeats.

``python -m tests.explorer.across write`` prints all schedules of each program up to a bound, as tokens with what they
came to; ``… repeat`` reads that and prints what differs.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import gevent
import gevent.lock
import gevent.queue

from harness.controlled.gevent_greenlets import CONTROLLED as GEVENT
from harness.controlled.greenlets import CONTROLLED as GREENLETS
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.controlled.threads import CONTROLLED as THREADS
from harness.core.control import Control, ControlledHost, Program, StrategyOptions, Watch
from harness.core.feasibility import Feasibility
from harness.explorer.callables import Calls
from harness.explorer.deviations import Deviations
from harness.explorer.schedule import Ran, run_schedule
from harness.explorer.token import Token, decode, encode
from harness.schedulers.preemption_bounded import STRATEGY
from harness.schedulers.replay import Replay
from localimpl import Unit
from tests.explorer.explored import Requests, transfers, two_locks, view_forgets, view_overwritten

MOST = 400
"""The most schedules of one program."""


class Shelf:
    """What the functions below share."""

    def __init__(self) -> None:
        self.user = ""
        self.items: dict[str, int] = {"book": 1}
        self.seen: list[str] = []
        self.lock = threading.Lock()


def greets(name: str, shelf: Shelf) -> str:
    """Reads what it wrote after a call."""
    shelf.user = name
    greeting = greeting_of(shelf.user) + "!"
    return greeting if shelf.user == name else f"{greeting} {shelf.user}"


def greeting_of(name: str) -> str:
    """Is called."""
    return f"hello {name}"


def loops(name: str, shelf: Shelf) -> str:
    """Has loops, comprehensions, branches, a with statement and calls in one line."""
    for number in range(2):
        shelf.seen.append(name + str(len(shelf.seen) + number))
    short = [each[0] for each in shelf.seen if each.startswith(name[0])]
    while len(short) < 3:
        short.append("-")
    with shelf.lock:
        shelf.items["book"] = shelf.items.get("book", 0) + (
            len(short) if shelf.items.get("book", 0) < 3 else max(len(name), len(short))
        )
    try:
        return f"{short} {shelf.items['book']} {sorted(shelf.seen, key=lambda each: each[-1])}"
    finally:
        shelf.user = name


def sleeps(name: str, shelf: Shelf) -> str:
    """Sleeps, also for no time."""
    shelf.user = name
    time.sleep(0)
    first, shelf.user = shelf.user, name
    time.sleep(0.01)
    return first + shelf.user


def green(name: str, shelf: Any) -> str:
    """Uses what gevent has to wait for one another."""
    with shelf.green:
        shelf.user = name
        gevent.sleep(0)
        inside = shelf.user
    shelf.queue.put(name)
    gevent.sleep(0.01)
    child = gevent.spawn(shelf.queue.get)
    return f"{inside} {shelf.user} {child.get()}"


class Green(Shelf):
    """Has locks and queues of gevent."""

    def __init__(self) -> None:
        super().__init__()
        self.green = gevent.lock.BoundedSemaphore(1)
        self.queue: gevent.queue.Queue[str] = gevent.queue.Queue()


async def tasks(name: str, shelf: Any) -> str:
    """Uses what asyncio has to wait for one another."""
    async with shelf.mutex:
        shelf.user = name
        await asyncio.sleep(0)
        inside = shelf.user
    results = await asyncio.gather(part(shelf, name), part(shelf, name + "2"))
    async with asyncio.timeout(5):
        await asyncio.sleep(0.01)
    return f"{inside} {shelf.user} {results}"


async def part(shelf: Any, name: str) -> str:
    """Is a child."""
    before = len(shelf.seen)
    await asyncio.sleep(0)
    shelf.seen.append(name)
    return f"{before}-{len(shelf.seen)}"


class Mutex(Shelf):
    """Has a lock of asyncio."""

    def __init__(self) -> None:
        super().__init__()
        self.mutex = asyncio.Lock()


class Case(NamedTuple):
    """A program, where it runs, and which switch points are looked at."""

    program: Program
    host: ControlledHost
    level: Feasibility = Feasibility.JITTER
    bound: int = 2


def _calls(function: Callable[..., Any], unit: Unit, begin: Callable[[], Any] = Shelf) -> Calls:
    calls = [partial(function, name) for name in ("alice", "bob")]
    return Calls(calls, unit=unit, begin=begin, names=("alice", "bob"), expect=lambda results: None)


GIL, FREE = Feasibility.GIL_SWITCH, Feasibility.FREE_THREADED
LOCKED = Calls(
    [partial(transfers, "one", "two"), partial(transfers, "two", "one")],
    unit=Unit.THREAD,
    begin=two_locks,
    expect=lambda results: None,
)
CASES = {
    "greenlets": Case(Requests(view_overwritten, names=("r1", "r2", "r3")), GREENLETS),
    "greenlets-ends": Case(Requests(view_forgets, names=("r1", "r2", "r3")), GREENLETS),
    "gevent": Case(_calls(green, Unit.GREENLET, Green), GEVENT),
    "gevent-requests": Case(Requests(view_overwritten), GEVENT),
    "tasks": Case(_calls(tasks, Unit.TASK, Mutex), TASKS),
    "tasks-requests": Case(Requests(view_overwritten, Unit.TASK), TASKS),
    "threads-requests": Case(Requests(view_overwritten, Unit.THREAD), THREADS),
    "threads-sleep": Case(_calls(sleeps, Unit.THREAD), THREADS),
    "threads-gil": Case(_calls(greets, Unit.THREAD), THREADS, GIL),
    "threads-free": Case(_calls(greets, Unit.THREAD), THREADS, FREE),
    "threads-loops-gil": Case(_calls(loops, Unit.THREAD), THREADS, GIL, 1),
    "threads-loops-free": Case(_calls(loops, Unit.THREAD), THREADS, FREE, 1),
    "threads-deadlock": Case(LOCKED, THREADS, GIL),
}


def came_to(ran: Ran) -> str:
    """Return what a schedule came to, and how it went, in words that any version has."""
    names = ran.execution.names
    order = [
        names[unit]
        for at, unit in enumerate(ran.execution.ran)
        if at == 0 or ran.execution.ran[at - 1] != unit
    ]
    kind = ran.mixup.kind if ran.mixup else ""
    return f"{ran.execution.fate} {kind} {ran.state} {' '.join(order)} {ran.execution.preemptions}"


def written(name: str) -> Iterator[tuple[str, str]]:
    """Yield the token of each schedule, and what it came to."""
    case = CASES[name]
    with _open(case) as control:
        scheduler = STRATEGY.make(StrategyOptions(bound=case.bound, reduce=False))
        for _ in range(MOST):
            if not scheduler.begin():
                break
            noting = Deviations(scheduler)
            ran = run_schedule(case.program, control, noting, located=True)
            scheduler.done(ran.execution)
            token = encode("call:a:B", case.host.name, [__file__], case.level, noting.switches)
            yield token, came_to(ran)


def differences(name: str, schedules: list[tuple[str, str]], times: int = 1) -> Iterator[str]:
    """Repeat the schedules, and yield what is otherwise than it was."""
    case = CASES[name]
    with _open(case) as control:
        for text, said in schedules:
            token = decode(text)
            for _ in range(times):
                scheduler = Replay(token.switches)
                scheduler.begin()
                ran = run_schedule(case.program, control, scheduler, located=True)
                if scheduler.missed:
                    yield f"never came to {scheduler.missed}"
                elif came_to(ran) != said:
                    yield f"{came_to(ran)!r} is not {said!r}, by {_places(token)}"


def _places(token: Token) -> str:
    return "; ".join(f"{each.unit} {each.role} :{each.line}#{each.occurrence}" for each in token.switches)


@contextmanager
def _open(case: Case) -> Iterator[Control]:
    with case.host.open() as control:
        control.watch(Watch((__file__,), case.level))
        yield control


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        json.dump({name: list(written(name)) for name in CASES}, sys.stdout)
    else:
        said = json.load(sys.stdin)
        json.dump({name: list(differences(name, schedules)) for name, schedules in said.items()}, sys.stdout)
