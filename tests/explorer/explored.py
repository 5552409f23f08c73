"""What the explorer's tests share: small faulty programs of every kind of mix-up, and the way to the first witness."""

import inspect
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

from greenlet import getcurrent

from harness.checkers import bleed, lost, lost_update, residue, stale, torn
from harness.controlled.threads import CONTROLLED as THREADS
from harness.core.control import Control, Mixup, Program, Round, StrategyOptions, Watch, Work
from harness.core.execution import Execution
from harness.core.exploration import Explanation
from harness.core.feasibility import Feasibility
from harness.core.history import History, Probe
from harness.core.steps import PAUSE, Script
from harness.explorer.callables import Calls
from harness.explorer.schedule import Ran, run_schedule
from harness.explorer.smaller import smallest
from harness.explorer.telling.explain import explain
from harness.schedulers.preemption_bounded import STRATEGY
from localimpl import Unit

CHECKERS = [each.CHECKER for each in (torn, bleed, stale, lost, lost_update, residue)]
View = Callable[[dict[str, Any], Probe], Script[None]]


def pause() -> None:
    """Give way as a raw greenlet."""
    parent = getcurrent().parent
    assert parent is not None
    parent.switch()


def view_overwritten(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Keeps what belongs to one request where all find it."""
    shared["user"] = own.wrote("user")
    yield PAUSE
    own.look("user", shared.get, "user")


def view_forgets(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Clears at its end what others still need."""
    shared[own.request] = own.wrote("user")
    yield PAUSE
    own.look("user", shared.__getitem__, own.request)
    shared.clear()


def view_updates(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Reads, waits, and writes what it read and one."""
    own.began("total")
    before = shared.get("total", 0)
    yield PAUSE
    shared["total"] = before + 1
    own.updated("total", str(before), str(before + 1))


def view_looks_first(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Finds what one that is over left behind."""
    own.look("user", shared.__getitem__, "user")
    shared["user"] = own.wrote("user")
    yield PAUSE


def view_looks_in_flight(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Finds what one under way wrote, and clears what it wrote itself."""
    own.look("user", shared.__getitem__, "user")
    shared["user"] = own.wrote("user")
    yield PAUSE
    shared.clear()


class Requests:
    """Units that run requests of one view over one dictionary, judged by checkers."""

    learns = False
    tracked = False
    reference = "call:tests.explorer.explored:OVERWRITTEN"

    def __init__(
        self,
        view: View,
        unit: Unit = Unit.GREENLET,
        names: Sequence[str] = ("r1", "r2"),
        separable: bool = True,
    ) -> None:
        self.name = view.__name__
        self.unit = unit
        self.names = tuple(names)
        self.parts = self.names[::-1]
        self._view = view
        self._separable = separable

    def learn(self, execution: Execution) -> None:
        """Know already."""

    def shortfall(self) -> str:
        """Miss nothing."""
        return ""

    def without(self, names: Collection[str]) -> Program | None:
        """Return the program with the other units."""
        kept = [name for name in self.names if name not in names]
        if not self._separable or len(kept) < 1:
            return None
        return Requests(self._view, self.unit, kept)

    def begin(self, history: History) -> Round:
        """Begin with an empty dictionary."""
        shared: dict[str, Any] = {}

        def visit(request: str, unit: str) -> Script[None]:
            own = Probe(history.record, request, f"{request}-0123456789ab", unit)
            own.enter()
            yield from self._view(shared, own)
            own.leave()

        works = [Work(name, visits=[(1, partial(visit, name))]) for name in self.names]
        return Round(works, partial(_first, history))


OVERWRITTEN = Requests(view_overwritten)


def _first(history: History, execution: Execution) -> Mixup | None:
    for checker in CHECKERS:
        for witness in checker.check(history):
            return Mixup(witness.sentence, witness.victim, str(witness.anomaly), witness)
    return None


def ways(program: Program, control: Control, bound: int = 2) -> Iterator[Ran]:
    """Run the schedules, those with the fewest preemptions first."""
    scheduler = STRATEGY.make(StrategyOptions(bound=bound, reduce=False))
    while scheduler.begin():
        ran = run_schedule(program, control, scheduler)
        scheduler.done(ran.execution)
        yield ran


def found(program: Program, control: Control, bound: int = 2, kind: str = "") -> Ran:
    """Return the first schedule with a mix-up, of a kind if one is given."""
    for ran in ways(program, control, bound):
        if ran.mixup is not None and kind in ("", ran.mixup.kind):
            return ran
    raise AssertionError(f"no schedule shows {kind or 'a mix-up'}")


def explained(program: Program, control: Control, kind: str = "") -> Explanation:
    """Find a mix-up, make it small and explain it."""
    ran = found(program, control, kind=kind)
    assert ran.mixup is not None
    small = smallest(program, control, ran.execution.ran, ran.mixup)
    return explain(small.program, control, small.path, small.mixup, ran.needs())


def line_of(function: Callable[..., Any], text: str, number: int = 0) -> int:
    """Return the number of the first line, or of a later one, of a function's source that holds a text."""
    lines, first = inspect.getsourcelines(function)
    return first + [place for place, line in enumerate(lines) if text in line][number]


def transfers(first: str, second: str, locks: dict[str, threading.Lock]) -> None:
    """Takes two locks, one after the other."""
    with locks[first]:
        time.sleep(0)
        with locks[second]:
            pass


def two_locks() -> dict[str, threading.Lock]:
    """Make what two threads may wait for."""
    return {"one": threading.Lock(), "two": threading.Lock()}


def deadlocks() -> Explanation:
    """Explain two threads that take two locks in opposite orders."""
    calls = [partial(transfers, "one", "two"), partial(transfers, "two", "one")]
    program = Calls(
        calls, unit=Unit.THREAD, begin=two_locks, names=("alice", "bob"), expect=lambda results: None
    )
    with THREADS.open() as control:
        control.watch(Watch((__file__,), Feasibility.GIL_SWITCH))
        return explained(program, control)
