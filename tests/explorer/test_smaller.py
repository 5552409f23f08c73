"""Failing schedules become small: switches and parts that a mix-up does not need are left out."""

from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

import pytest

from harness.controlled.greenlets import CONTROLLED
from harness.core.control import Control, Mixup, Round, Watch, Work
from harness.core.execution import Execution
from harness.core.history import History, Probe
from harness.core.steps import PAUSE, Script
from harness.explorer import smaller
from harness.explorer.callables import Calls
from harness.explorer.learning import learn
from harness.explorer.schedule import Ran, run_schedule
from harness.explorer.smaller import smallest
from harness.schedulers.replay import Replay
from localimpl import Unit
from tests.explorer.explored import (
    Requests,
    View,
    found,
    pause,
    view_forgets,
    view_looks_first,
    view_overwritten,
)

NAMES = ("r1", "r2", "r3", "r4")


class Anybody:
    """Lets anybody go on, again and again."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def begin(self) -> bool:
        return True

    def pick(self, execution: Execution) -> int:
        return self._random.choice(execution.ready)

    def done(self, execution: Execution) -> None: ...


class Counting:
    """Counts the schedules that are run."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self.runs = 0

    def watch(self, watch: Watch) -> None:
        self._control.watch(watch)

    def run(self, works: Any, execution: Execution) -> None:
        self.runs += 1
        self._control.run(works, execution)

    def locate(self, unit: int) -> tuple[str, int]:
        return self._control.locate(unit)


@pytest.fixture
def control() -> Iterator[Counting]:
    with CONTROLLED.open() as opened:
        yield Counting(opened)


def long(shared: dict[str, Any], own: Probe) -> Script[None]:
    shared["user"] = own.wrote("user")
    for _ in range(10):
        yield PAUSE
    own.look("user", shared.get, "user")


def leaves_it_behind(shared: dict[str, Any], own: Probe) -> Script[None]:
    own.look("user", shared.__getitem__, "user")
    yield PAUSE
    shared["user"] = own.wrote("user")


def wild(program: Requests, control: Control) -> tuple[Ran, Mixup]:
    """Return a schedule of chance that shows a mix-up, the first with three preemptions or more."""
    for seed in range(1_000):
        ran = run_schedule(program, control, Anybody(seed))
        if ran.mixup is not None and ran.execution.preemptions >= 3:
            return ran, ran.mixup
    raise AssertionError("chance shows no mix-up")


@pytest.mark.parametrize("view", [view_overwritten, view_forgets, long], ids=lambda view: view.__name__)
@pytest.mark.parametrize("separable", [True, False])
def test_of_many_switches_one_is_left(control: Counting, view: View, separable: bool) -> None:
    program = Requests(view, names=NAMES, separable=separable)
    ran, mixup = wild(program, control)
    small = smallest(program, control, ran.execution.ran, mixup)
    again = run_schedule(small.program, control, Replay(small.switches), located=True)
    assert tuple(again.execution.ran) == small.path
    assert again.execution.preemptions == len(small.switches) == 1
    assert again.mixup == small.mixup
    assert small.mixup.kind == mixup.kind


def test_units_without_a_part_in_it_are_left_out(control: Counting) -> None:
    program = Requests(view_overwritten, names=NAMES)
    ran, mixup = wild(program, control)
    small = smallest(program, control, ran.execution.ran, mixup)
    assert isinstance(small.program, Requests)
    assert len(small.program.names) == 2
    assert sorted([*small.program.names, *small.without]) == sorted(NAMES)


def keeps(name: str, shared: dict[str, str]) -> str:
    if name in ("carol", "dave"):
        return name
    shared["user"] = name
    pause()
    return shared["user"]


@pytest.mark.parametrize("expect", [None, ["carol", "alice", "bob", "dave"]], ids=["learnt", "told"])
def test_callables_without_a_part_in_it_are_left_out(control: Counting, expect: list[str] | None) -> None:
    names = ("carol", "alice", "bob", "dave")
    calls = [partial(keeps, name) for name in names]
    program = Calls(calls, unit=Unit.GREENLET, begin=dict, expect=expect, names=names)
    learn(program, lambda scheduler: run_schedule(program, control, scheduler))
    ran = found(program, control)
    assert ran.mixup is not None
    small = smallest(program, control, ran.execution.ran, ran.mixup)
    assert small.without == ("dave", "carol")
    again = run_schedule(small.program, control, Replay(small.switches), located=True)
    assert again.execution.names == ["alice", "bob"]
    assert again.mixup == small.mixup


def test_what_shows_without_a_switch_keeps_none(control: Counting) -> None:
    program = Requests(leaves_it_behind, names=NAMES)
    ran, mixup = wild(program, control)
    assert mixup.kind == "stale"
    small = smallest(program, control, ran.execution.ran, mixup)
    assert small.switches == ()
    assert small.mixup.kind == "stale"


def test_the_kind_of_mix_up_stays_though_another_is_simpler(control: Counting) -> None:
    program = Requests(view_looks_first, names=("r1", "r2"), separable=False)
    ran = next(
        each for each in _all(program, control) if each.mixup is not None and each.mixup.kind == "bleed"
    )
    assert ran.mixup is not None
    small = smallest(program, control, ran.execution.ran, ran.mixup)
    assert small.mixup.kind == "bleed"
    assert len(small.switches) == 1


def test_a_smallest_schedule_is_left_as_it_is(control: Counting) -> None:
    program = Requests(view_overwritten)
    ran = found(program, control)
    assert ran.mixup is not None
    assert smallest(program, control, ran.execution.ran, ran.mixup).path == tuple(ran.execution.ran)


def test_what_does_not_show_it_again_is_returned_as_it_is(control: Counting) -> None:
    program = Requests(view_overwritten)
    mixup = Mixup("r1 was struck by lightning", "r1", "error")
    small = smallest(program, control, [0, 0, 1, 1], mixup)
    assert (small.path, small.mixup, small.program) == ((0, 0, 1, 1), mixup, program)


def test_the_number_of_runs_is_bounded(control: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smaller, "MOST_RUNS", 7)
    monkeypatch.setattr(smaller, "MOST_FEWER", 5)
    monkeypatch.setattr(smaller, "MOST_ANEW", 0)
    program = Requests(long, names=NAMES)
    ran, mixup = wild(program, control)
    before = control.runs
    small = smallest(program, control, ran.execution.ran, mixup)
    assert control.runs - before <= 7 + 5
    assert small.mixup.kind == mixup.kind


class Trap:
    """Three tickets: a mix-up by two preemptions from which no single switch can be left out, and one by one."""

    name = "trap"
    unit = Requests(long).unit
    reference = ""
    tracked = learns = False

    def learn(self, execution: Execution) -> None: ...

    def shortfall(self) -> str:
        return ""

    def begin(self, history: History) -> Round:
        order: list[str] = []

        def visit(name: str) -> Script[None]:
            for step in range(3):
                order.append(f"{name}{step}")
                yield PAUSE

        def judge(execution: Execution) -> Mixup | None:
            bad = (["a0", "b0", "a1", "b1", "a2", "b2"], ["b0", "b1", "a0", "a1", "a2", "b2"])
            return Mixup("out of order", "", "wrong result") if order in bad else None

        return Round([Work(name, visits=[(1, partial(_visit, visit, name))]) for name in "ab"], judge)


def test_a_smaller_one_of_another_shape_is_searched_for(control: Counting) -> None:
    program = Trap()
    ran = next(each for each in _all(program, control) if each.mixup and each.execution.preemptions > 2)
    assert ran.mixup is not None
    small = smallest(program, control, ran.execution.ran, ran.mixup)
    again = run_schedule(program, control, Replay(small.switches), located=True)
    assert again.execution.preemptions == 1


def _visit(visit: Callable[[str], Script[None]], name: str, unit: str) -> Script[None]:
    return visit(name)


def _all(program: Any, control: Control) -> Iterator[Ran]:
    for seed in range(1_000):
        yield run_schedule(program, control, Anybody(seed))
