"""What a Local costs: ours beside raw ContextVar, threading.local, gevent.local, asgiref and Werkzeug, in one run."""

import argparse
import gc
import json
import platform
import sys
import threading
import timeit
import tracemalloc
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import count
from statistics import median
from time import thread_time
from typing import Any

import gevent.local
import werkzeug.local
from greenlet import getcurrent, greenlet

from localimpl import LocalProxy, Subject, Unit
from localimpl.asgiref_local import SUBJECT as ASGIREF
from localimpl.contextvar import SUBJECT as OURS
from localimpl.gevent_local import SUBJECT as GEVENT
from localimpl.greenlet_ident import SUBJECT as GREENLET_IDENT
from localimpl.thread_ident import SUBJECT as THREAD_IDENT
from localimpl.threading_local import SUBJECT as THREADING
from localimpl.werkzeug_local import SUBJECT as WERKZEUG

NAMES = 3
"""Names that a live context holds when its memory is measured."""
UNITS, NAMESPACES = 50, 11
"""Live units whose memory is measured together, and how often."""


class Bound:
    """What the proxies stand for: an object with one attribute."""

    user = 1


Operation = tuple[str, Callable[[], Any]]
"""The statement that is timed, and what makes the ``it`` that it is done to."""


@dataclass
class Contestant:
    """One row of the tables."""

    name: str
    operations: dict[str, Operation]
    hold: Callable[[], Callable[[], None]]
    """Makes a new namespace and returns what stores values in it for the unit that calls."""
    unit: Unit = Unit.TASK
    """The kind of unit whose memory is measured; a task costs what its context costs."""
    nanoseconds: dict[str, list[float]] = field(default_factory=dict)


OPERATIONS = (
    "get",
    "set",
    "delete",
    "proxy of a name",
    "proxy of a ContextVar",
    "push+pop",
    "nested push+pop",
)


_serial = count()


def fresh_names() -> list[str]:
    """Return names not used before: the shape of a context depends on the hashes of its variables and their names."""
    return [f"name_{next(_serial)}" for _ in range(NAMES)]


def raw_context_var() -> Contestant:
    def hold() -> Callable[[], None]:
        variables = [ContextVar[int](name) for name in fresh_names()]

        def store() -> None:
            for variable in variables:
                variable.set(1)

        return store

    return Contestant(
        "ContextVar", {"get": ("it.get()", _filled_var), "set": ("it.set(1)", _filled_var)}, hold
    )


def raw_namespace(name: str, make: Callable[[], Any], unit: Unit) -> Contestant:
    def hold() -> Callable[[], None]:
        it, names = make(), fresh_names()

        def store() -> None:
            for each in names:
                setattr(it, each, 1)

        return store

    def filled() -> Any:
        it = make()
        it.user = Bound()
        return it

    operations = {
        "get": ("it.user", filled),
        "set": ("it.user = 1", make),
        "delete": ("it.user = 1; del it.user", make),
    }
    return Contestant(name, operations, hold, unit)


def with_surface(row: Contestant, make_stack: Callable[[], Any]) -> Contestant:
    """Add what a Local of Werkzeug's kind can do besides."""
    _, filled = row.operations["get"]

    def nested() -> Any:
        stack = make_stack()
        stack.push(1)
        return stack

    row.operations |= {
        "proxy of a name": ("it.user", lambda: filled()("user")),
        "push+pop": ("it.push(1); it.pop()", make_stack),
        "nested push+pop": ("it.push(1); it.pop()", nested),
    }
    return row


def subject(of: Subject, unit: Unit = Unit.TASK) -> Contestant:
    return with_surface(raw_namespace(f"our {of.name}", of.make, unit), of.make_stack)


def _filled_var() -> ContextVar[Bound]:
    var = ContextVar[Bound]("filled")
    var.set(Bound())
    return var


def contestants() -> list[Contestant]:
    import asgiref.local

    theirs = with_surface(
        raw_namespace("Werkzeug", werkzeug.local.Local, Unit.TASK), werkzeug.local.LocalStack
    )
    theirs.operations["proxy of a ContextVar"] = ("it.user", lambda: werkzeug.local.LocalProxy(_filled_var()))
    ours = subject(OURS)
    ours.operations["proxy of a ContextVar"] = ("it.user", lambda: LocalProxy(_filled_var()))
    return [
        raw_context_var(),
        raw_namespace("threading.local", threading.local, Unit.THREAD),
        raw_namespace("gevent.local", gevent.local.local, Unit.GREENLET),
        raw_namespace("asgiref", asgiref.local.Local, Unit.TASK),
        theirs,
        ours,
        subject(THREAD_IDENT, Unit.THREAD),
        subject(GREENLET_IDENT, Unit.GREENLET),
        subject(THREADING, Unit.THREAD),
        subject(GEVENT, Unit.GREENLET),
        subject(ASGIREF),
        subject(WERKZEUG),
    ]


def time_all(rows: list[Contestant], repeats: int, number: int) -> None:
    """Take the CPU time of every operation of every row in turn, over and over: a disturbance hits all alike.

    Each has a context of its own, as small as a request's: a set takes thrice as long in one of some 20 variables.
    """
    timers: list[tuple[list[float], Callable[[], float]]] = []
    for operation in OPERATIONS:
        for row in rows:
            if operation in row.operations:
                statement, prepare = row.operations[operation]
                context = Context()
                timer = timeit.Timer(
                    statement, "it = given", timer=thread_time, globals={"given": context.run(prepare)}
                )
                timers.append(
                    (row.nanoseconds.setdefault(operation, []), partial(context.run, timer.timeit, number))
                )
    for _ in range(repeats):
        for nanoseconds, run in timers:
            nanoseconds.append(run() / number * 1e9)


def ratio(row: Contestant, to: Contestant, operation: str) -> float:
    """Return how many times as long a row takes as another: the median over the repeats, each compared with its own."""
    pairs = zip(row.nanoseconds[operation], to.nanoseconds[operation], strict=True)
    return median(mine / theirs for mine, theirs in pairs)


def memory(row: Contestant) -> float:
    """Return the bytes that a live unit costs for holding values, beyond being alive: the median of some namespaces."""
    empty = _traced(row.unit, lambda: None)
    # All alive at once, or they would get the same addresses; what is made once for a name is no cost of a context.
    stores = [row.hold() for _ in range(NAMESPACES)]
    for store in stores:
        Context().run(store)
    return median((_traced(row.unit, store) - empty) / UNITS for store in stores)


def _traced(unit: Unit, action: Callable[[], None]) -> int:
    with_units = {Unit.TASK: _contexts, Unit.GREENLET: _greenlets, Unit.THREAD: _threads}[unit]
    tracemalloc.start()
    alive = with_units(action)
    next(alive)
    before = _in_use()
    next(alive)
    after = _in_use()
    tracemalloc.stop()
    next(alive, None)
    return after - before


def _in_use() -> int:
    gc.collect()  # empties CPython's free lists too, which hide what is taken from them and count what is not
    return tracemalloc.get_traced_memory()[0]


def _contexts(action: Callable[[], None]) -> Iterator[None]:
    contexts = [Context() for _ in range(UNITS)]
    yield
    for context in contexts:
        context.run(action)
    yield


def _greenlets(action: Callable[[], None]) -> Iterator[None]:
    main = getcurrent()

    def live() -> None:
        main.switch()
        action()
        main.switch()

    greenlets = [greenlet(live) for _ in range(UNITS)]
    for each in greenlets:
        each.switch()
    yield
    for each in greenlets:
        each.switch()
    yield
    for each in greenlets:
        each.switch()


def _threads(action: Callable[[], None]) -> Iterator[None]:
    met = threading.Barrier(UNITS + 1)

    def live() -> None:
        for _ in range(2):
            met.wait()
        action()
        for _ in range(2):
            met.wait()

    threads = [threading.Thread(target=live) for _ in range(UNITS)]
    for each in threads:
        each.start()
    met.wait()
    yield
    for _ in range(2):
        met.wait()
    yield
    met.wait()
    for each in threads:
        each.join()


@dataclass(frozen=True)
class Target:
    """A figure to reach, as times Werkzeug's: at least so many times as fast, on 3.11 and on later versions."""

    sentence: str
    operation: str
    on_3_11: float
    later: float

    def due(self) -> float:
        return self.on_3_11 if sys.version_info < (3, 12) else self.later


TARGETS = (
    Target("attribute read", "get", 5, 2.5),
    Target("attribute set", "set", 1.8, 1.2),
    Target("LocalProxy attribute read (of a Local's name)", "proxy of a name", 5, 2.5),
    Target("LocalProxy attribute read (of a ContextVar)", "proxy of a ContextVar", 5, 2.5),
    Target("push+pop", "push+pop", 1, 1),
)


def measure(repeats: int, number: int) -> dict[str, Any]:
    """Run everything and return plain data."""
    rows = contestants()
    time_all(rows, repeats, number)
    by_name = {row.name: row for row in rows}
    ours, werkzeugs = by_name[f"our {OURS.name}"], by_name["Werkzeug"]
    bytes_held = {row.name: round(memory(row)) for row in rows}
    targets = [
        {
            "target": f"{target.sentence}, times as fast as Werkzeug's",
            "due": target.due(),
            "reached": round(reached := ratio(werkzeugs, ours, target.operation), 2),
            "met": reached >= target.due(),
        }
        for target in TARGETS
    ]
    targets.append(
        {
            "target": f"bytes per live context with {NAMES} names, at most a ContextVar's",
            "due": bytes_held["ContextVar"],
            "reached": bytes_held[ours.name],
            "met": bytes_held[ours.name] <= bytes_held["ContextVar"],
        }
    )
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("werkzeug", "asgiref", "gevent", "greenlet")},
        "nanoseconds": {
            row.name: {operation: round(median(times), 1) for operation, times in row.nanoseconds.items()}
            for row in rows
        },
        "times_ours": {
            row.name: {
                operation: round(ratio(row, ours, operation), 2)
                for operation in row.nanoseconds
                if operation in ours.nanoseconds
            }
            for row in rows
        },
        "bytes": bytes_held,
        "units": {row.name: str(row.unit) for row in rows},
        "targets": targets,
    }


def show(result: dict[str, Any]) -> None:
    """Print the measurements and the targets as tables."""
    from rich.console import Console
    from rich.table import Table

    libraries = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    table = Table(
        title=f"Python {result['python']}, {libraries}",
        caption=f"CPU time in ns, and times our contextvar's; bytes that a live unit costs with {NAMES} names",
    )
    table.add_column("", no_wrap=True)
    for operation in OPERATIONS:
        table.add_column(operation, justify="right")
    table.add_column("bytes", justify="right")
    for name, times in result["nanoseconds"].items():
        ratios = result["times_ours"][name]
        cells = [
            f"{times[each]:.0f}\n{ratios.get(each, 1):.1f}×" if each in times else "" for each in OPERATIONS
        ]
        table.add_row(name, *cells, f"{result['bytes'][name]}\n{result['units'][name]}")
    targets = Table("target", "due", "reached", "")
    for row in result["targets"]:
        targets.add_row(
            row["target"], f"{row['due']:g}", f"{row['reached']:g}", "met" if row["met"] else "NOT MET"
        )
    console = Console()
    console.print(table)
    console.print(targets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON alone")
    parser.add_argument(
        "--repeats", type=int, default=25, help="rounds; every operation is timed once in each"
    )
    parser.add_argument("--number", type=int, default=10_000, help="how often an operation runs in a round")
    options = parser.parse_args()
    result = measure(options.repeats, options.number)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


if __name__ == "__main__":
    main()
