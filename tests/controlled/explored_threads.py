"""Runs all schedules of a small program on a host of threads, and says what they came to."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.controlled.threads import CONTROLLED
from harness.core.control import Control, ControlledHost, StrategyOptions, Watch, Work
from harness.core.execution import Execution, Fate
from harness.core.feasibility import Feasibility
from harness.schedulers.preemption_bounded import STRATEGY

JITTER = Watch(level=Feasibility.JITTER)
FINELY = Watch(level=Feasibility.GIL_SWITCH)

Make = Callable[[], tuple[Sequence[Work], Callable[[], Any]]]
"""Makes a program anew: its units, and what it came to."""


@dataclass
class Explored:
    """What the schedules of a search came to."""

    schedules: int = 0
    outcomes: Counter[Any] = field(default_factory=Counter)
    fates: Counter[Fate] = field(default_factory=Counter)
    executions: list[Execution] = field(default_factory=list)

    def of(self, fate: Fate) -> list[Execution]:
        """Return the schedules that ended so."""
        return [execution for execution in self.executions if execution.fate is fate]


def explore(
    make: Make,
    bound: int | None = 2,
    watch: Watch = JITTER,
    *,
    host: ControlledHost = CONTROLLED,
    control: Control | None = None,
    most: int = 20_000,
) -> Explored:
    """Run every schedule within a bound; on an open host, if one is given."""
    if control is None:
        with host.open() as control:
            return explore(make, bound, watch, control=control, most=most)
    control.watch(watch)
    explored = Explored()
    scheduler = STRATEGY.make(StrategyOptions(bound=bound, reduce=False))
    while explored.schedules < most and scheduler.begin():
        works, outcome = make()
        execution = Execution(scheduler)
        control.run(works, execution)
        scheduler.done(execution)
        explored.schedules += 1
        explored.outcomes[outcome()] += 1
        assert execution.fate is not None
        explored.fates[execution.fate] += 1
        explored.executions.append(execution)
    return explored


def works(*calls: Callable[[], Any]) -> list[Work]:
    """Return a unit for each function: r1, r2, …"""
    return [Work(f"r{number}", call) for number, call in enumerate(calls, 1)]
