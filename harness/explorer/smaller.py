"""Makes a failing schedule small: few preemptions and switches that still show the mix-up, and no unit too many.

Switches are left out one after the other and in groups (delta debugging: Zeller and Hildebrandt, TSE 2002). They are
told by place, so that those that stay mean the same when others are gone. Every candidate is run; none is believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.core.control import Control, Mixup, Program, Separable, StrategyOptions
from harness.core.execution import Scheduler
from harness.core.exploration import Switch
from harness.explorer.deviations import Deviations
from harness.explorer.schedule import Following, run_schedule
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED
from harness.schedulers.replay import Replay

MOST_RUNS = 1_000
"""The most schedules run to make one small."""
MOST_FEWER = 600
"""Of these, for a search of all schedules with fewer preemptions."""
MOST_IN_PAIRS = 12
"""Switches of which pairs are left out as well."""


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest schedule that was found to show the mix-up, of the smallest program."""

    path: tuple[int, ...]
    """The unit of each step."""
    mixup: Mixup
    program: Program
    switches: tuple[Switch, ...] = ()
    without: tuple[str, ...] = ()
    """Units that the program was made without."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A schedule that was run and showed the mix-up."""

    path: tuple[int, ...]
    mixup: Mixup
    switches: tuple[Switch, ...]
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
        return Smallest(tuple(path), mixup, program)
    shown = smaller.without_units(shown)
    shown = smaller.without_switches(shown)
    shown = smaller.with_fewer_preemptions(shown)
    shown = smaller.without_units(shown)
    return Smallest(shown.path, shown.mixup, smaller.program, shown.switches, smaller.without)


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
            ran.needs().rank,
            execution.preemptions,
            len(noting.switches),
            execution.switches,
            len(execution.ran),
        )
        switches = tuple(noting.switches)
        return Shown(tuple(execution.ran), ran.mixup, switches, tuple(execution.names), cost)

    def without_units(self, shown: Shown) -> Shown:
        """Leave out one unit after the other, if the program can be made without it."""
        if not isinstance(self._whole, Separable):
            return shown
        for name in shown.names:
            gone = (*self.without, name)
            program = self._whole.without(gone)
            if program is None:
                continue
            kept = [switch for switch in shown.switches if name not in (switch.unit, switch.to)]
            found = self.show(Replay(kept), program)
            if found is not None:
                shown, self.program, self.without = found, program, gone
        return shown

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
        scheduler = PREEMPTION_BOUNDED.make(StrategyOptions(bound=preemptions - 1))
        for _ in range(MOST_FEWER):
            if not scheduler.begin():
                break
            ran = run_schedule(self.program, self._control, scheduler)
            scheduler.done(ran.execution)
            if ran.mixup is not None and ran.mixup.kind == self._kind and ran.needs().rank <= strength:
                found = self.show(Following(ran.execution.ran))
                return shown if found is None else self.without_switches(found)
        return shown
