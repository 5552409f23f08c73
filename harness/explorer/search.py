"""Searches the schedules of a program, from the weakest scheduler to the strongest, until a mix-up or a limit."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from harness.core.control import Bounded, Control, ControlledHost, Program, Strategy, StrategyOptions, Watch
from harness.core.execution import Fate, Scheduler
from harness.core.exploration import Phase
from harness.core.feasibility import Feasibility
from harness.explorer.determinism import MOST_TRIES, difference, run_again, same
from harness.explorer.learning import learn
from harness.explorer.limits import Limits
from harness.explorer.schedule import Ran, run_schedule
from harness.explorer.tally import Tally
from harness.schedulers.fifo import STRATEGY as FIFO
from harness.schedulers.in_turn import STRATEGY as IN_TURN
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED

TWICE = (1, 10, 100, 1_000, 10_000)
"""The schedules, by number, that are run twice."""
WEAKER_SCHEDULES = 500
"""The most schedules spent on whether a weaker scheduler could make the mix-up as well."""
BEYOND = 30
"""The most schedules run after a mix-up that tells little, for one that tells more."""
SHARE_AT_ONCE = 0.2
"""The part of a search's time, and of its schedules, that is kept for threads that run at once."""
AT_ONCE = 1
"""The most preemptions with which these are searched where what a GIL can make was not searched to the end."""
TOLD_EVERY = 0.1
"""Seconds between two tellings of how far it is."""

Tell = Callable[[int], None]
"""Told, now and then, how many schedules were run."""


class StopError(Exception):
    """The search cannot go on; the argument tells why."""


@dataclass(slots=True)
class Pass:
    """A search of its own within a search: one strategy, over the switch points of one level."""

    strategy: Strategy
    scheduler: Scheduler
    level: Feasibility
    known: Feasibility | None = None
    """Schedules that so weak a scheduler can make are not counted again, unless they show a mix-up."""
    exhausted: int = 0
    """Schedules with fewer preemptions than that have been run and counted before it."""
    ended: bool = False
    """Whether there was no schedule left."""

    def least_left(self) -> int | None:
        """Return the fewest preemptions of the schedules that are left; None when none is."""
        left = cast(Bounded, self.scheduler).least_left()
        return None if left is None else max(left, self.exhausted)

    def counts(self, ran: Ran) -> bool:
        """Tell whether a schedule that was run is one of those that the pass is for."""
        if ran.mixup is not None or self.known is None:
            return True
        return ran.needs().rank > self.known.rank and ran.execution.preemptions >= self.exhausted


class Search:
    """One search on an open host: what it has found and counted so far, at any moment."""

    def __init__(
        self, program: Program, host: ControlledHost, control: Control, limits: Limits, tell: Tell
    ) -> None:
        self.tally = Tally()
        self.phases: list[Phase] = []
        self.found: Ran | None = None
        """The mix-up; its schedule was run twice, and showed it twice."""
        self.found_at = 0
        self.feasibility = Feasibility.SEQUENTIAL
        self.level = Feasibility.JITTER
        """The level of the switch points with which the mix-up was found: its steps mean something with these alone."""
        self.complete = True
        """Whether no limit cut it short."""
        self.reason = ""
        """Why it could not go on."""
        self.interrupted = False
        self._program = program
        self._control = control
        self._limits = limits
        self._tell = tell
        self._levels = [level for level in host.levels if level.rank <= limits.level.rank]
        self._watched = self.level
        self._passes: list[Pass] = []
        self._started = self._told = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long it has taken, in seconds."""
        return time.perf_counter() - self._started

    def run(self) -> None:
        """Search until a mix-up, a limit or Ctrl-C; what was found by then stays found."""
        try:
            self._search()
        except StopError as stop:
            self.reason = str(stop)
        except KeyboardInterrupt:
            self.reason = "it was interrupted"
            self.interrupted = True
        if self.reason:
            self.complete = False
        if self.found is None:
            return
        self.reason = ""
        self.feasibility = self.found.needs()
        try:
            self._weaken(self.found)
        except StopError:
            # That another schedule is out of control takes nothing from the one that was found.
            pass
        except KeyboardInterrupt:
            self.interrupted = True

    def _search(self) -> None:
        self._warm_up()
        if trouble := learn(self._program, self._run, self._spent):
            raise StopError(trouble)
        try:
            self._go_through_levels()
        finally:
            for each in self._passes:
                if each.strategy.bounded:
                    self.phases += self.tally.phases_by_preemptions(each.level, each.least_left())
                else:
                    self.phases.append(self.tally.phase(each.level, each.ended))

    def _go_through_levels(self) -> None:
        """Search what the weaker schedulers can make, and then what only threads that run at once can.

        Where the first is not at its end when its share is spent, the second is looked at less far. What time that
        leaves goes to the first, and then to the rest of the second.
        """
        limits, strongest = self._limits, self._levels[-1]
        strategy, bound = limits.strategy, limits.bound
        weaker = [level for level in self._levels if level is not Feasibility.FREE_THREADED][-1]
        looks = strategy.exhausts and strongest is not weaker and bool(limits.files)
        shares = looks and strategy.bounded
        usual = self._new_pass(weaker, bound)
        self._go_through(usual, 1 - SHARE_AT_ONCE if shares else 1.0)
        if not strategy.exhausts or not (usual.ended or shares):
            return
        if self.found is None and strategy.bounded and bound is not None:
            self._take_turns(bound)
        if self.found is not None or not looks:
            return
        if usual.ended:
            self._go_through(self._new_pass(strongest, bound, known=weaker))
            return
        narrow = AT_ONCE if bound is None else min(AT_ONCE, bound)
        at_once = self._new_pass(strongest, narrow, known=weaker)
        self._go_through(at_once)
        if at_once.ended and not self._spent():
            self.complete = True
            self._go_through(usual)
        if usual.ended and at_once.ended and not self._spent() and narrow != bound:
            self._passes.remove(at_once)
            rest = self._new_pass(strongest, bound, known=weaker)
            rest.exhausted = narrow + 1
            self._go_through(rest)

    def _warm_up(self) -> None:
        """Run one schedule that does not count: the first fills caches and imports, and so may differ from all others.

        Where it does not, the first that counts has been run twice by then.
        """
        self._watch(Feasibility.JITTER)
        scheduler = PREEMPTION_BOUNDED.make(StrategyOptions(bound=0))
        scheduler.begin()
        self._warm = self._run(scheduler)

    def _new_pass(self, level: Feasibility, bound: int | None, known: Feasibility | None = None) -> Pass:
        limits = self._limits
        scheduler = limits.strategy.make(StrategyOptions(limits.seed, bound, known, limits.reduce))
        new = Pass(limits.strategy, scheduler, level, known)
        self._passes.append(new)
        return new

    def _go_through(self, part: Pass, share: float = 1.0) -> None:
        """Run schedules of a pass until none is left, or what is allowed is spent to a share."""
        self._watch(part.level)
        scheduler = part.scheduler
        while self._goes_on():
            if not scheduler.begin():
                part.ended = True
                break
            ran = self._run(scheduler)
            scheduler.done(ran.execution)
            if part.counts(ran):
                self._count(ran, part.level)
            if self._spent(share):
                self.complete = False
                break

    def _take_turns(self, bound: int) -> None:
        """Run the one schedule of an idle loop, which may well have more preemptions than the bound."""
        scheduler = FIFO.make(StrategyOptions())
        scheduler.begin()
        ran = self._run(scheduler)
        if ran.execution.preemptions > bound or ran.mixup is not None:
            self._passes.append(Pass(FIFO, scheduler, Feasibility.FIFO, ended=True))
            self._count(ran, Feasibility.FIFO)

    def _run(self, scheduler: Scheduler) -> Ran:
        ran = run_schedule(self._program, self._control, scheduler)
        if ran.execution.fate is Fate.UNCONTROLLED:
            raise StopError(ran.execution.trouble)
        return ran

    def _count(self, ran: Ran, strength: Feasibility) -> None:
        tally = self.tally
        tally.add(ran, strength)
        sampled = ran.mixup is None and tally.schedules in TWICE and not same(self._warm, ran)
        if sampled or self._is_news(ran):
            ran = self._repeated(ran)
            if self._is_news(ran):
                self.found, self.level = ran, self._watched
                self.found_at = self.found_at or tally.schedules
        if tally.schedules % 64 == 0 and (now := time.perf_counter()) - self._told > TOLD_EVERY:
            self._told = now
            self._tell(tally.schedules)

    def _is_news(self, ran: Ran) -> bool:
        """Tell whether it shows the first mix-up, or one as easy to come by that tells more than the first."""
        if ran.mixup is None or self.found is None or self.found.mixup is None:
            return ran.mixup is not None
        easier = ran.execution.preemptions <= self.found.execution.preemptions
        return easier and self.found.mixup.plain and not ran.mixup.plain

    def _goes_on(self) -> bool:
        """Tell whether to search on: nothing is found, or what is found tells little and more may be near."""
        found = self.found
        if found is None or found.mixup is None:
            return True
        return found.mixup.plain and self.tally.schedules - self.found_at < BEYOND

    def _repeated(self, ran: Ran) -> Ran:
        """Run a schedule again and return what it came to both times; refuse a program that differs.

        A mix-up that the history proves is one in whichever run it shows. Some hang on an address that comes again, and
        that it does not in each run: these are run until they show again, a few times.
        """
        for _ in range(MOST_TRIES):
            again = run_again(self._program, self._control, ran)
            if same(ran, again):
                return ran
            proven = [each for each in (ran, again) if each.mixup is not None and each.mixup.witness]
            if not proven:
                break
            ran = proven[0]
        raise StopError(
            f"it is not deterministic under control: {difference(self._program, self._control, ran, again)}. Take out "
            "what changes from run to run (clocks, random numbers, hash orders, caches filled by the first schedule), "
            "or make it anew for each"
        )

    def _spent(self, share: float = 1.0) -> bool:
        limits = self._limits
        return self.tally.schedules >= limits.schedules * share or self.seconds >= limits.seconds * share

    def _watch(self, level: Feasibility) -> None:
        self._watched = level
        self._control.watch(Watch(self._limits.files, level))

    def _weaken(self, found: Ran) -> None:
        """Find the weakest scheduler that makes the mix-up; the schedule that was found needs so strong a one.

        Where a GIL is not needed at all, the schedule that shows it takes the place of the one that was found; so does
        one that shows the same kind of mix-up by no more preemptions.
        """
        options = StrategyOptions(bound=self._limits.bound)
        needs, level = self.feasibility, self.level
        for weaker, strategy in (
            (Feasibility.SEQUENTIAL, IN_TURN),
            (Feasibility.FIFO, FIFO),
            (Feasibility.JITTER, PREEMPTION_BOUNDED),
        ):
            if needs.rank <= weaker.rank:
                return
            self._watch(Feasibility.JITTER)
            try:
                made = self._made(strategy.make(options), weaker, found)
                stands_in = made is not None and self._stands_in(made, found)
            finally:
                self._watch(level)
            if made is not None:
                self.feasibility = weaker
                if stands_in:
                    self.found, self.level = made, Feasibility.JITTER
                return

    def _stands_in(self, made: Ran, found: Ran) -> bool:
        """Tell whether a weaker schedule is to be shown in the place of the one that was found; it must show twice."""
        assert made.mixup is not None
        assert found.mixup is not None
        as_much = made.mixup.kind == found.mixup.kind
        dearer = made.execution.preemptions > found.execution.preemptions
        if found.needs().rank <= Feasibility.JITTER.rank and (dearer or not as_much):
            return False
        again = run_again(self._program, self._control, made)
        return again.mixup is not None and again.mixup.kind == made.mixup.kind

    def _made(self, scheduler: Scheduler, level: Feasibility, found: Ran) -> Ran | None:
        """Return a schedule no stronger than the level that tells as much, if the scheduler makes one before long."""
        assert found.mixup is not None
        for _ in range(WEAKER_SCHEDULES):
            if not scheduler.begin():
                return None
            ran = self._run(scheduler)
            scheduler.done(ran.execution)
            if ran.mixup is None or (ran.mixup.plain and not found.mixup.plain):
                continue
            if level is Feasibility.FIFO or ran.needs().rank <= level.rank:
                return ran
        return None
