"""Runs schedules of a few greenlets, all of them or one, and keeps the executions."""

from collections.abc import Callable, Sequence
from typing import Any

from harness.core.control import Control, StrategyOptions, Work
from harness.core.execution import Execution, Fate, Scheduler
from harness.schedulers.fifo import STRATEGY as FIFO
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED

Calls = Sequence[Callable[[], Any]]


def works(calls: Calls) -> list[Work]:
    """Return a unit r1, r2, … for each function."""
    return [Work(f"r{number}", call) for number, call in enumerate(calls, 1)]


class Always:
    """Takes, of the ready units, the one whose name comes first in a list; else the default."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def begin(self) -> bool:
        return True

    def pick(self, execution: Execution) -> int:
        for name in self.names:
            for unit in execution.ready:
                if execution.names[unit] == name:
                    return unit
        return execution.default()

    def done(self, execution: Execution) -> None:
        pass


class Path:
    """Takes the units in this order, and then the default."""

    def __init__(self, *units: int) -> None:
        self.units = units

    def begin(self) -> bool:
        return True

    def pick(self, execution: Execution) -> int:
        step = len(execution.ran)
        return self.units[step] if step < len(self.units) else execution.default()

    def done(self, execution: Execution) -> None:
        pass


def one(control: Control, calls: Calls, scheduler: Scheduler | None = None) -> Execution:
    """Run one schedule; by default that of an idle loop."""
    execution = Execution(scheduler or FIFO.make(StrategyOptions()))
    control.run(works(calls), execution)
    return execution


def search(
    control: Control, make: Callable[[], Calls], bound: int | None = None, most: int = 100_000
) -> list[Execution]:
    """Run all schedules within a bound, none left out."""
    scheduler = PREEMPTION_BOUNDED.make(StrategyOptions(bound=bound, reduce=False))
    executions: list[Execution] = []
    while len(executions) < most and scheduler.begin():
        execution = Execution(scheduler)
        control.run(works(make()), execution)
        scheduler.done(execution)
        executions.append(execution)
    return executions


def paths(executions: Sequence[Execution]) -> set[tuple[int, ...]]:
    """Return who ran, of each schedule."""
    return {tuple(execution.ran) for execution in executions}


def all_done(control: Control, make: Callable[[], Calls], bound: int | None = 2) -> list[Execution]:
    """Search, and expect each schedule to end without an error."""
    executions = search(control, make, bound, most=3_000)
    assert {execution.fate for execution in executions} == {Fate.DONE}
    assert {error for execution in executions for error in execution.errors} == {None}
    return executions
