"""Runs one schedule of a program and judges it; follows a schedule that was run before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from harness.core.control import Control, Mixup, Program, Round
from harness.core.execution import CLOCK, Execution, Fate, Scheduler, family
from harness.core.feasibility import Feasibility
from harness.core.history import History
from harness.core.points import Point


@dataclass(slots=True)  # made for each schedule, and a frozen one takes four times as long to make
class Ran:
    """One schedule that was run, and what was seen."""

    execution: Execution
    history: History
    mixup: Mixup | None
    state: str = ""
    taught: bool = False
    """Whether it showed something new to a program that learns from units that run one after the other."""

    def orderly(self) -> bool:
        """Tell whether its units ran to their ends, one after the other."""
        return self.execution.fate is Fate.DONE and self.needs() is Feasibility.SEQUENTIAL

    def needs(self) -> Feasibility:
        """Return the weakest scheduler that could have made this very schedule."""
        points: Sequence[Point] = self.execution.preempted
        needs = max((point.needs for point in points), key=_rank, default=Feasibility.SEQUENTIAL)
        if needs.rank > Feasibility.JITTER.rank:
            return needs
        if not points and _in_turn(self.execution):
            return Feasibility.SEQUENTIAL
        return Feasibility.FIFO if _in_order(self.execution) else Feasibility.JITTER


def _in_turn(execution: Execution) -> bool:
    """Tell whether each unit, with those that it began, was through before another had a step, and no timer early."""
    names = execution.names
    families: list[str] = []
    for unit, options in zip(execution.ran, execution.options, strict=True):
        if (name := family(names[unit])) != CLOCK:
            families.append(name)
        elif unit != options[0] and families and families[-1] in {family(names[other]) for other in options}:
            return False
    return not _recurs(families) and not _cut_short(execution, families)


def _recurs(families: Sequence[str]) -> bool:
    """Tell whether a unit went on, itself or one that it began, after another had had a step."""
    return len(list(groupby(families))) > len(set(families))


def _cut_short(execution: Execution, families: Sequence[str]) -> bool:
    """Tell whether a unit that had begun could have gone on, or had its time come, had not another kept the thread."""
    if execution.fate is not Fate.DEADLOCK:
        return False
    names = execution.names
    could = {family(names[unit]) for unit in execution.ready}
    if CLOCK in could:  # for any of those who wait
        could |= {family(names[unit]) for unit in execution.waiting}
    return not could.isdisjoint(set(families) - set(families[-1:]))


def overlap(execution: Execution) -> bool:
    """Tell whether a unit ran between two steps of another, because this one waited or was preempted."""
    names = [family(execution.names[unit]) for unit in execution.ran]
    return execution.switches > 0 and _recurs([name for name in names if name != CLOCK])


def _in_order(execution: Execution) -> bool:
    """Tell whether each step was run by who had been ready longest."""
    return all(options[0] == unit for options, unit in zip(execution.options, execution.ran, strict=True))


def _rank(feasibility: Feasibility) -> int:
    return feasibility.rank


def run_schedule(
    program: Program,
    control: Control,
    scheduler: Scheduler,
    *,
    located: bool = False,
    history: History | None = None,
) -> Ran:
    """Run a fresh instance of the program once; with ``located`` its execution notes an anchor for each step.

    What units come to one after the other is right by definition, for a program that learns.
    """
    history = History() if history is None else history
    round_ = program.begin(history)
    execution = Execution(scheduler, tracked=program.tracked, locate=control.locate if located else None)
    ran = run_round(round_, control, execution, history)
    if program.learns and ran.mixup is not None and ran.orderly():
        program.learn(execution)
        return replace(ran, mixup=None, taught=True)
    return ran


def run_round(round_: Round, control: Control, execution: Execution, history: History) -> Ran:
    """Run what a program began, and judge it."""
    if round_.announce is not None:
        round_.announce(execution)
    control.run(round_.works, execution)
    mixup = None
    state = ""
    if execution.fate is Fate.DONE:
        mixup = round_.judge(execution)
        if round_.state is not None:
            state = round_.state(execution)
    elif execution.fate is Fate.DEADLOCK:
        mixup = _deadlock(execution)
        state = str(Fate.DEADLOCK)
    return Ran(execution, history, mixup, state)


def _deadlock(execution: Execution) -> Mixup:
    waits = [f"{execution.names[unit]} waits for {what}" for unit, what in execution.waiting.items()]
    first = next(iter(execution.waiting))
    return Mixup("; ".join(waits), execution.names[first], str(Fate.DEADLOCK))


class Following:
    """Follows the path of a schedule that was run before, step by step; the default where that cannot be."""

    def __init__(self, path: Sequence[int]) -> None:
        self._path = path
        self._fresh = True

    def begin(self) -> bool:
        """Begin the one schedule."""
        fresh, self._fresh = self._fresh, False
        return fresh

    def pick(self, execution: Execution) -> int:
        """Return who ran this step before."""
        step = len(execution.ran)
        if step < len(self._path) and self._path[step] in execution.ready:
            return self._path[step]
        return execution.default()

    def done(self, execution: Execution) -> None:
        """There is nothing to be learnt."""
