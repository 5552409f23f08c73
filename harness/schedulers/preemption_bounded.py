"""Runs every schedule up to a bound of preemptions, those that take the fewest deviations first.

Left alone, the running unit goes on; a schedule is that default with a few deviations: preemptions, and other choices
where nobody could go on, which are free. Those with the fewest of both together come first: in a program whose units
wait for each other there are hundreds without a preemption (iterative context bounding: Musuvathi and Qadeer, PLDI
2007; delay bounding: Emmi, Qadeer and Rakamaric, POPL 2011).

All within the bound are run, of those that are *fair*: a unit that has paused many times in a row while others
could go on is left for one of them, at no cost, or a loop that waits for another's write would never end.

Where the program is tracked, a branch is left out if a branch was taken to the same unit, at no greater cost, after an
equivalent beginning (see ``_fingerprint``). No outcome is lost. Let S be a schedule within the bound, and P u R be S
up to its first branch that was left out, the unit that goes on there, and the rest. Then P' u was taken, P' being
equivalent to P and P' u no dearer. P' u R can be run, for the state is the same, and comes to the same. What R costs
depends on who ran before it, which is u in both; on who can go on, which the state tells; and on patience: u's is fresh
in both, as no branch goes to the unit that ran before, and branches are left out only where nobody stands back. So
P' u R is within the bound. If it has branches that were left out they lie in R, which is shorter: by induction some
schedule was run that is equivalent to S.
"""

from array import array
from heapq import heappop, heappush
from typing import NamedTuple

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import NOBODY, Execution, Point
from harness.schedulers._fingerprint import fingerprints
from harness.schedulers._order import Acquaintance, spread
from harness.schedulers._path import follow, followed

Way = tuple[int, int, int | None]
"""A step, who goes on there instead, and the fingerprint of what was before, if that is known."""


class Branches(NamedTuple):
    """Schedules yet to be run that deviate, each in another step, from one that was."""

    path: "array[int]"
    cost: int
    """Preemptions."""
    free: int
    """Deviations that are none, where nobody could go on."""
    weak: bool
    """Whether the scheduler makes them of which all is known."""
    hope: int
    """How little is to be hoped of the switches, summed up."""
    ways: list[Way]


class Choice(NamedTuple):
    """A step of the default in which others could have gone on."""

    step: int
    cost: int
    left: int
    """Who would be preempted, or NOBODY."""
    point: Point | None
    others: tuple[int, ...]
    rested: bool
    """Whether nobody had lost patience."""


class PreemptionBounded:
    """A queue of branches; each schedule brings those off the part of it that went by the default."""

    def __init__(self, options: StrategyOptions) -> None:
        self._bound = options.bound
        self._known = options.known
        self._reduce = options.reduce
        self._queue: list[tuple[int, int, bool, int, int, int, Branches]] = []
        self._pushed = 0
        self._cheapest: dict[tuple[int, int], int] = {}
        """For each beginning, by its fingerprint, and who goes on then: the least cost so far."""
        self._acquaintance = Acquaintance()
        self._choices: list[Choice] = []
        self._push(Branches(array("H"), 0, 0, True, 0, [(NOBODY, NOBODY, None)]), 0)

    def begin(self) -> bool:
        """Take the next schedule from the queue."""
        while self._queue:
            *_, index, _, branches = heappop(self._queue)
            if index + 1 < len(branches.ways):
                self._push(branches, index + 1)
            step, instead, state = branches.ways[index]
            if state is None or self._cheapest[state, instead] == branches.cost:
                self._branches, self._step, self._instead = branches, step, instead
                self._choices.clear()
                return True
        return False

    def pick(self, execution: Execution) -> int:
        """Follow the path, branch off, and then let whoever runs go on."""
        step = len(execution.ran)
        if step <= self._step:
            return follow(execution, self._instead if step == self._step else self._branches.path[step])
        current, cost = execution.current, execution.preemptions
        chosen = execution.default()
        left, point = NOBODY, None
        if chosen == current:
            left, point, cost = current, execution.pending[current], cost + 1
        if self._bound is None or cost <= self._bound:
            others = tuple(unit for unit in execution.choices() if unit != chosen)
            self._choices.append(Choice(step, cost, left, point, others, execution.rested()))
        return chosen

    def done(self, execution: Execution) -> None:
        """Queue the branches off this schedule, those of like hope in the order that leaves the smallest gaps."""
        if not followed(execution, self._branches.path[: max(self._step, 0)]):
            return
        self._acquaintance.learn(execution)
        if not self._choices:
            return
        reduces = self._reduce and execution.tracked
        states = fingerprints(execution.ran, execution.touches) if reduces else None
        judge = self._acquaintance.judge(execution)
        groups: dict[tuple[int, bool, int, int, int], list[Way]] = {}
        for step, cost, left, point, others, rested in self._choices:
            weak = self._is_weak(point)
            state = states[step] if states and rested else None
            for other in others:
                if state is not None:
                    if self._cheapest.get((state, other), cost + 1) <= cost:
                        continue
                    self._cheapest[state, other] = cost
                if weak and cost == self._bound and self._known is not None:
                    continue
                hope = int(judge.hope(step, left, point, other))
                groups.setdefault((cost, weak, hope, left, other), []).append((step, other, state))
        path = array("H", execution.ran)
        for (cost, weak, hope, left, _), ways in groups.items():
            spread_out = [ways[index] for index in spread(len(ways))]
            free = self._branches.free + (left == NOBODY)
            self._push(Branches(path, cost, free, weak, self._branches.hope + hope, spread_out), 0)

    def _push(self, branches: Branches, index: int) -> None:
        self._pushed += 1
        effort = branches.cost + branches.free
        entry = (effort, branches.cost, branches.weak, branches.hope, index, self._pushed, branches)
        heappush(self._queue, entry)

    def least_left(self) -> int | None:
        """Return the fewest preemptions of the schedules that are left; None when none is."""
        return min((entry[-1].cost for entry in self._queue), default=None)

    def _is_weak(self, point: Point | None) -> bool:
        if self._known is None or not self._branches.weak:
            return False
        return point is None or point.needs.rank <= self._known.rank


STRATEGY = Strategy(
    name="preemption_bounded",
    summary="every schedule up to a bound of preemptions, the simplest first",
    make=PreemptionBounded,
    exhausts=True,
    bounded=True,
)
