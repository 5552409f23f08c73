"""Makes a failing schedule small: few preemptions and switches that still show the mix-up, and no part too many.

Switches are left out one after the other and in groups (delta debugging: Zeller and Hildebrandt, TSE 2002). They are
told by place, so that those that stay mean the same when others are gone. Every candidate is run; none is believed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from harness.core.control import Control, Mixup, Program, Separable, StrategyOptions
from harness.core.execution import Scheduler
from harness.core.exploration import Switch
from harness.core.feasibility import Feasibility
from harness.explorer.deviations import Deviations
from harness.explorer.learning import learn
from harness.explorer.schedule import Following, Ran, run_schedule
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED
from harness.schedulers.replay import Replay

MOST_RUNS = 400
"""The most schedules run to make one small, searches apart."""
MOST_FEWER = 300
"""The most schedules with fewer preemptions that are searched."""
MOST_ANEW = 60
"""The most schedules of a program with one part fewer, where the same switches do not show the mix-up."""
MOST_IN_PAIRS = 12
"""Switches of which pairs are left out as well."""


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest schedule that was found to show the mix-up, of the smallest program."""

    path: tuple[int, ...]
    """The unit of each step."""
    mixup: Mixup
    program: Program
    needs: Feasibility
    """The weakest scheduler that could have made it."""
    switches: tuple[Switch, ...] = ()
    without: tuple[str, ...] = ()
    """Parts that the program was made without."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A schedule that was run and showed the mix-up."""

    path: tuple[int, ...]
    mixup: Mixup
    switches: tuple[Switch, ...]
    needs: Feasibility
    names: tuple[str, ...]
    cost: tuple[int, ...]
    """Smaller is simpler: strength of the scheduler, preemptions, deviations, switches, steps."""


def smallest(program: Program, control: Control, path: Sequence[int], mixup: Mixup) -> Smallest:
    """Return the simplest schedule found that shows a mix-up of the same kind, whoever its victim is.

    ``path`` is the unit of each step, as run with the switch points that the host now reports. One that does not show
    the mix-up again is returned as it is.
    """
    smaller = _Smaller(program, control, mixup.kind)
    shown = smaller.show(Following(path))
    if shown is None:
        return Smallest(tuple(path), mixup, program, Feasibility.FREE_THREADED)
    shown = smaller.without_parts(shown)
    shown = smaller.without_switches(shown)
    shown = smaller.with_fewer_preemptions(shown)
    shown = smaller.without_parts(shown)
    return Smallest(shown.path, shown.mixup, smaller.program, shown.needs, shown.switches, smaller.without)


class _Smaller:
    """Tries simpler schedules until their number is spent."""

    def __init__(self, program: Program, control: Control, kind: str) -> None:
        self.program = program
        self.without: tuple[str, ...] = ()
        self._whole = program
        self._control = control
        self._kind = kind
        self._left = MOST_RUNS

    def show(self, scheduler: Scheduler, program: Program | None = None) -> Shown | None:
        """Run a schedule; None if it does not show the mix-up, or no schedule is left to be run."""
        if self._left <= 0 or not scheduler.begin():
            return None
        self._left -= 1
        noting = Deviations(scheduler)
        ran = run_schedule(program or self.program, self._control, noting, located=True)
        scheduler.done(ran.execution)
        if ran.mixup is None or ran.mixup.kind != self._kind:
            return None
        execution = ran.execution
        cost = (
            _strength(ran),
            execution.preemptions,
            len(noting.switches),
            execution.switches,
            len(execution.ran),
        )
        switches = tuple(noting.switches)
        return Shown(tuple(execution.ran), ran.mixup, switches, ran.needs(), tuple(execution.names), cost)

    def without_parts(self, shown: Shown) -> Shown:
        """Leave out one part after the other, if the program can be made without it."""
        if not isinstance(self._whole, Separable):
            return shown
        for name in self._whole.parts:
            if name in self.without:
                continue
            gone = (*self.without, name)
            program = self._whole.without(gone)
            if program is None:
                continue
            found = self._without_one(shown, name, program)
            if found is not None:
                shown, self.program, self.without = found, program, gone
        return shown

    def _without_one(self, shown: Shown, name: str, program: Program) -> Shown | None:
        """Find the mix-up in a program with one part fewer: by the same switches, or else by a short search."""
        if learn(program, lambda scheduler: run_schedule(program, self._control, scheduler)):
            return None
        for switches in _redirected(shown, name):
            found = self.show(Replay(switches), program)
            if found is not None and found.cost[0] <= shown.cost[0]:
                return found
        strength, preemptions, *_ = shown.cost
        return self._search(program, preemptions, MOST_ANEW, strength)

    def without_switches(self, shown: Shown) -> Shown:
        """Leave out groups of switches, then single ones, then pairs, as long as that makes it simpler."""
        size = len(shown.switches)
        while size >= 1:
            before = shown
            start = 0
            while start < len(shown.switches):
                found = self._show_rest(shown, range(start, start + size))
                if found is None:
                    start += size
                else:
                    shown = found
            if size > 1 or shown is before:
                size //= 2
        if 2 <= len(shown.switches) <= MOST_IN_PAIRS:
            for pair in combinations(range(len(shown.switches)), 2):
                found = self._show_rest(shown, pair)
                if found is not None:
                    return self.without_switches(found)
        return shown

    def _show_rest(self, shown: Shown, gone: Sequence[int]) -> Shown | None:
        rest = [switch for place, switch in enumerate(shown.switches) if place not in gone]
        found = self.show(Replay(rest))
        return found if found is not None and found.cost < shown.cost else None

    def with_fewer_preemptions(self, shown: Shown) -> Shown:
        """Search the schedules with fewer preemptions: leaving out finds a smallest one of its kind, not of all."""
        strength, preemptions, *_ = shown.cost
        if not preemptions:
            return shown
        found = self._search(self.program, preemptions - 1, MOST_FEWER, strength)
        return shown if found is None else self.without_switches(found)

    def _search(self, program: Program, bound: int, most: int, strength: int) -> Shown | None:
        """Run schedules in order, those with the fewest preemptions first, until one shows the mix-up."""
        scheduler = PREEMPTION_BOUNDED.make(StrategyOptions(bound=bound))
        for _ in range(most):
            if not scheduler.begin():
                break
            ran = run_schedule(program, self._control, scheduler)
            scheduler.done(ran.execution)
            if ran.mixup is not None and ran.mixup.kind == self._kind and _strength(ran) <= strength:
                return self.show(Following(ran.execution.ran), program)
        return None


def _strength(ran: Ran) -> int:
    """Return how strong a scheduler it takes; below a GIL switch few preemptions say more than the order of a loop.

    Only that no unit is left for another says more.
    """
    needs = ran.needs()
    return needs.rank if needs is Feasibility.SEQUENTIAL else max(needs.rank, Feasibility.JITTER.rank)


def _redirected(shown: Shown, gone: str) -> Iterator[Sequence[Switch]]:
    """Yield the switches as they are, and with each other unit in place of one that is gone."""
    yield shown.switches
    if any(switch.to == gone for switch in shown.switches):
        for name in shown.names:
            if name != gone:
                yield [replace(each, to=name) if each.to == gone else each for each in shown.switches]
