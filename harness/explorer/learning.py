"""Lets a program see what it comes to when its units run one after the other."""

from collections.abc import Callable
from math import factorial

from harness.core.control import Program, StrategyOptions
from harness.core.execution import CLOCK, Execution, Fate, Scheduler, family
from harness.explorer.schedule import Following, Ran
from harness.schedulers.in_turn import STRATEGY as IN_TURN

MOST_UNITS = 6
"""The most units of which all orders are run."""
FURTHER = 100
"""The most schedules in which what units begin runs in another order, the order of the units apart."""
EXPECT = "say what is right with expect="


def learn(
    program: Program, run: Callable[[Scheduler], Ran], spent: Callable[[], bool] = lambda: False
) -> str:
    """Run a program that learns in each order of one unit after the other.

    ``run`` runs one schedule, and teaches; ``spent`` tells when time is up. Returns why that tells nothing of what is
    right, in a sentence, or nothing.
    """
    if not program.learns:
        return ""
    scheduler = IN_TURN.make(StrategyOptions())
    learnt: Execution | None = None
    fates = set()
    ran_so_far, most = 0, 1
    while ran_so_far < most and scheduler.begin():
        ran = run(scheduler)
        scheduler.done(ran.execution)
        ran_so_far += 1
        if ran_so_far == 1:
            units = len({family(name) for name in ran.execution.names} - {CLOCK})
            if units > MOST_UNITS:
                return f"{units} units have {factorial(units):,} orders, too many to run them all: {EXPECT}"
            most = factorial(units) + FURTHER
        fates.add(ran.execution.fate)
        if ran.orderly():
            learnt = learnt or ran.execution
        if spent():
            return (
                f"time was up before all orders of one unit after the other had run: allow more, or {EXPECT}"
            )
    if learnt is None and Fate.DEADLOCK in fates:
        # That is wrong whatever is right, and the search will come by it.
        return ""
    if learnt is None:
        why = "they wait for each other" if Fate.DONE in fates else "they never come to an end"
        return f"in no order is one unit through before the next begins ({why}): {EXPECT}"
    if run(Following(learnt.ran)).taught:
        return (
            "one unit after the other comes to something new each time: let what is returned be equal from run to run, "
            f"or {EXPECT}"
        )
    return ""
