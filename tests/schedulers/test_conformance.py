"""What every strategy of the room keeps to, whatever its order."""

from collections.abc import Iterator
from itertools import cycle
from typing import cast

import pytest

from harness.catalog import entries
from harness.core.control import Bounded, Strategy, StrategyOptions
from harness.core.execution import Execution, Fate, Scheduler
from harness.core.points import PAUSED
from tests.schedulers import classics
from tests.schedulers.classics import philosopher
from tests.schedulers.toy import Body, Shared, Unit, explore, run, segments

STRATEGIES: dict[str, Strategy] = {entry.name: entry.part for entry in entries("strategy")}
SEARCHES = [name for name in STRATEGIES if name != "replay"]
"""Replay follows one schedule, and is tested by itself."""
PROGRAMS: dict[str, list[Unit]] = {
    "segments": [segments(3, "x"), segments(2, "x"), segments(4)],
    "philosophers": [philosopher("a", "b"), philosopher("b", "c"), philosopher("c", "a")],
    "a unit adds another": [classics.parent, classics.read],
    "a loop that waits for another": [classics.spin, classics.raise_flag],
}
EACH = pytest.mark.parametrize("name", SEARCHES)
EACH_PROGRAM = pytest.mark.parametrize("units", PROGRAMS.values(), ids=PROGRAMS)


class Watched:
    """Passes on what a strategy picks, having looked at it."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.picks = 0

    def begin(self) -> bool:
        return self.scheduler.begin()

    def pick(self, execution: Execution) -> int:
        assert len(execution.ready) > 1
        ready = list(execution.ready)
        unit = self.scheduler.pick(execution)
        assert unit in ready
        assert execution.ready == ready
        self.picks += 1
        return unit

    def done(self, execution: Execution) -> None:
        self.scheduler.done(execution)


def ran(strategy: Strategy, units: list[Unit], seed: int = 1, most: int = 60) -> Iterator[tuple[int, ...]]:
    options = StrategyOptions(seed=seed)
    for execution in explore(units, strategy, options, most=most, keep=True).executions:
        yield tuple(execution.ran)


@EACH
@EACH_PROGRAM
def test_picks_are_units_that_can_go_on_and_schedules_end(name: str, units: list[Unit]) -> None:
    watched = Watched(STRATEGIES[name].make(StrategyOptions()))
    for _ in range(60):
        if not watched.begin():
            break
        execution = Execution(watched, tracked=True)
        run(units, execution)
        watched.done(execution)
        assert execution.fate in (Fate.DONE, Fate.DEADLOCK)
    assert watched.picks


@EACH
@EACH_PROGRAM
def test_the_same_seed_runs_the_same_schedules(name: str, units: list[Unit]) -> None:
    strategy = STRATEGIES[name]
    assert list(ran(strategy, units)) == list(ran(strategy, units))


@pytest.mark.parametrize("name", ["random_walk", "pct", "urw"])
def test_another_seed_runs_others_and_there_is_no_end(name: str) -> None:
    strategy, units = STRATEGIES[name], PROGRAMS["segments"]
    first, second = (list(ran(strategy, units, seed)) for seed in (1, 2))
    assert len(first) == len(second) == 60
    assert first != second
    assert len(set(first)) > 20


@pytest.mark.parametrize("name", [name for name in SEARCHES if STRATEGIES[name].exhausts])
def test_who_exhausts_ends_and_runs_no_schedule_twice(name: str) -> None:
    for units in PROGRAMS.values():
        explored = explore(units, STRATEGIES[name], StrategyOptions(bound=2), most=600, keep=True)
        assert explored.ended
        schedules = [tuple(execution.ran) for execution in explored.executions]
        assert len(schedules) == len(set(schedules))


BOUNDED = [name for name in SEARCHES if STRATEGIES[name].bounded]


@pytest.mark.parametrize("name", BOUNDED)
def test_what_is_said_to_be_left_is_all_that_comes(name: str) -> None:
    for units in PROGRAMS.values():
        scheduler = cast(Bounded, STRATEGIES[name].make(StrategyOptions(bound=3)))
        least, costs = 0, []
        for _ in range(2_000):
            if not scheduler.begin():
                assert scheduler.least_left() is None
                break
            execution = Execution(scheduler, tracked=False)
            run(units, execution)
            scheduler.done(execution)
            costs.append(execution.preemptions)
            assert costs[-1] >= least
            left = scheduler.least_left()
            assert left is None or left >= least
            least = least if left is None else left
        assert set(costs) >= {0, 1, 2}


def test_a_preemption_comes_before_many_choices_that_are_free() -> None:
    """The orders of four units, one after the other, are 24 schedules without a preemption."""

    def parent(shared: Shared) -> Body:
        for _ in range(3):
            yield PAUSED

    units = [parent] * 4
    explored = explore(
        units, STRATEGIES["preemption_bounded"], StrategyOptions(bound=1), tracked=False, keep=True
    )
    costs = [execution.preemptions for execution in explored.executions]
    assert costs.count(0) == 24
    assert costs.index(1) < 24 - 1


@pytest.mark.parametrize("name", ["preemption_bounded", "exhaustive"])
def test_a_program_that_changes_from_schedule_to_schedule_loses_control(name: str) -> None:
    lengths = cycle([5, 1, 4, 0])

    def other_each_time(shared: Shared) -> Body:
        for _ in range(next(lengths)):
            yield PAUSED

    units = [other_each_time, segments(3)]
    explored = explore(units, STRATEGIES[name], tracked=False, most=50, keep=True)
    lost = [execution for execution in explored.executions if execution.fate is Fate.UNCONTROLLED]
    assert lost
    assert "not deterministic" in lost[0].trouble


def test_fifo_takes_turns() -> None:
    (only,) = ran(STRATEGIES["fifo"], PROGRAMS["segments"])
    assert only == (0, 1, 2, 0, 1, 2, 0, 2, 2)
