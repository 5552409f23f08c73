"""Lets a program see what it comes to when its units run one after the other."""

from collections.abc import Callable

from harness.core.control import Program, StrategyOptions
from harness.core.execution import Fate, Scheduler
from harness.explorer.schedule import Ran
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED


def learn(program: Program, run: Callable[[Scheduler], Ran]) -> None:
    """Run each order of one unit after the other and show it to a program that learns; ``run`` runs one schedule."""
    if not program.learns:
        return
    scheduler = PREEMPTION_BOUNDED.make(StrategyOptions(bound=0))
    while scheduler.begin():
        ran = run(scheduler)
        scheduler.done(ran.execution)
        if not ran.execution.switches and ran.execution.fate is Fate.DONE:
            program.learn(ran.execution)
