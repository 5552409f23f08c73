"""Runs small programs of coroutines under the controlled host ``tasks``."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.controlled.tasks import CONTROLLED
from harness.core.control import Strategy, StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.schedulers.fifo import STRATEGY as FIFO
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED

Works = Callable[[], Sequence[Work]]


def calls(*coroutines: Callable[[], Any]) -> Works:
    """Return a program whose units r1, r2, … call one coroutine function each."""
    return lambda: [Work(f"r{number}", call) for number, call in enumerate(coroutines, 1)]


def schedules(
    works: Works, bound: int | None = None, most: int = 5_000, strategy: Strategy = PREEMPTION_BOUNDED
) -> Iterator[Execution]:
    """Run all schedules of a program, or the first so many, and yield each."""
    scheduler = strategy.make(StrategyOptions(bound=bound))
    with CONTROLLED.open() as control:
        for _ in range(most):
            if not scheduler.begin():
                return
            execution = Execution(scheduler)
            control.run(works(), execution)
            scheduler.done(execution)
            yield execution


def in_turns(works: Works) -> Execution:
    """Run the one schedule of an idle loop."""
    (only,) = schedules(works, strategy=FIFO)
    return only


def outcomes(works: Works, bound: int | None = None) -> Counter[Any]:
    """Return what the units of the program returned, with in how many schedules they did."""
    found: Counter[Any] = Counter()
    units = len(works())
    for execution in schedules(works, bound):
        assert execution.fate is Fate.DONE, (execution.fate, execution.waiting, execution.trouble)
        assert not any(execution.errors[:units]), execution.errors
        found[tuple(execution.results[:units])] += 1
    return found
