"""Runs every schedule up to a bound of preemptions, those that take the fewest deviations first.

Left alone, the running unit goes on; a schedule is that default with a few deviations: preemptions, and other choices
where nobody could go on, which are free. Those with the fewest of both together come first, as in a program whose units
wait for each other there are hundreds without a preemption (iterative context bounding: Musuvathi and Qadeer, PLDI
2007; delay bounding: Emmi, Qadeer and Rakamaric, POPL 2011). Where it is known what steps touch, a deviation counts for
less or more by what may come of it (see ``_order``).

Those that are put off so would keep a bound from being exhausted for as long as there is time. So after a while one in
a few is the cheapest that is left.

All within the bound are run, of those that are *fair*: a unit that has paused many times in a row while others
could go on is left for one of them, at no cost, or a loop that waits for another's write would never end.

Where the program is tracked, a branch is taken only where it turns round a race of a schedule that was run; and also
where the unit began to run that is left in doing so, because there the switch may cost less (bounded partial-order
reduction: Coons, Musuvathi and McKinley, OOPSLA 2013). They prove that every local state is reached that can be within
the bound. So is every outcome: it is the local state of one more unit that joins all others and reads everything, which
runs last and so never costs a preemption. They know nothing of patience, hence where a unit has lost it every branch is
taken. Equivalent beginnings must not be put together as well: a race that comes after both would be turned round off
one alone, where it may cost more.
"""

from array import array
from collections import Counter
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import MOST_STEPS, NOBODY, Execution
from harness.core.points import Point
from harness.schedulers._order import Acquaintance, Judge, spread
from harness.schedulers._path import follow, followed
from harness.schedulers._races import races

BY_EFFORT_ALONE = 100
"""How many schedules go by effort alone, to find soon what may well be found."""
CHEAPEST_EVERY = 4
"""Of those that follow, every such one is the cheapest that is left."""


@dataclass(slots=True)
class Choice:
    """A step in which others could go on than by default."""

    step: int
    chosen: int
    others: tuple[int, ...]
    left: int
    """Who is preempted if another goes on, or NOBODY."""
    point: Point | None
    cost: int
    """The preemptions so far if another goes on."""
    weak: bool
    """Whether a scheduler of which all is known can let another go on."""
    rested: bool
    """Whether nobody had lost patience."""
    tried: int = 0
    """The others for which a branch was queued, as bits."""


class Branches(NamedTuple):
    """Schedules yet to be run that deviate, each in another step, from one that was."""

    path: "array[int]"
    choices: list[Choice]
    """Those of the whole path, where the program is tracked."""
    cost: int
    """Preemptions."""
    weak: bool
    effort: int
    """What the deviations count for in the order, summed up."""
    ways: list[tuple[int, int]]
    """A step, and who goes on there instead, of each."""


class PreemptionBounded:
    """A queue of branches; each schedule brings those off the part of it that went by the default."""

    def __init__(self, options: StrategyOptions) -> None:
        self._bound = options.bound
        self._known = options.known
        self._reduce = options.reduce
        self._queue: list[tuple[int, bool, int, int, int, Branches]] = []
        self._by_cost: list[tuple[int, int, bool, int, int, Branches]] = []
        """The same, those with the fewest preemptions first."""
        self._queued: set[int] = set()
        """The numbers of the entries that are in both; one that is not has been taken from the other."""
        self._pushed = self._begun = 0
        self._left: Counter[int] = Counter()
        """How many entries of the queue there are of each cost."""
        self._least: int | None = 0
        """What ``least_left`` returns."""
        self._acquaintance = Acquaintance()
        self._choices: list[Choice] = []
        self._fresh = 0
        """How many of the choices are older than this schedule."""
        self._push(Branches(array("H"), [], 0, options.known is not None, 0, [(NOBODY, NOBODY)]), 0)

    def begin(self) -> bool:
        """Take the next schedule from the queue."""
        if not self._queued:
            return False
        self._begun += 1
        cheapest = self._begun > BY_EFFORT_ALONE and self._begun % CHEAPEST_EVERY == 0
        number = 0
        while number not in self._queued:
            *_, index, number, branches = heappop(self._by_cost) if cheapest else heappop(self._queue)
        self._queued.remove(number)
        self._left[branches.cost] -= 1
        if index + 1 < len(branches.ways):
            self._push(branches, index + 1)
        self._branches = branches
        self._step, self._instead = branches.ways[index]
        self._choices = [choice for choice in branches.choices if choice.step <= self._step]
        self._fresh = len(self._choices)
        return True

    def pick(self, execution: Execution) -> int:
        """Follow the path, branch off, and then let whoever runs go on."""
        step = len(execution.ran)
        if step <= self._step:
            return follow(execution, self._instead if step == self._step else self._branches.path[step])
        current, cost, weak = execution.current, execution.preemptions, self._branches.weak
        chosen = execution.default()
        left, point = NOBODY, None
        if chosen == current:
            left, point, cost = current, execution.pending[current], cost + 1
            weak = weak and self._known is not None and point.needs.rank <= self._known.rank
        if self._bound is None or cost <= self._bound:
            rested = execution.rested()
            fair = execution.ready if rested else execution.choices()
            others = tuple([unit for unit in fair if unit != chosen])
            self._choices.append(Choice(step, chosen, others, left, point, cost, weak, rested))
        elif left != NOBODY:
            execution.let_go_on(MOST_STEPS)
        return chosen

    def done(self, execution: Execution) -> None:
        """Queue branches off this schedule, like ones in the order that leaves the smallest gaps."""
        self._branch_off(execution)
        left = [cost for cost, entries in self._left.items() if entries]
        self._least = max(self._least or 0, min(left)) if left else None

    def least_left(self) -> int | None:
        """Return the fewest preemptions of the schedules that are left; None when none is.

        A dearer schedule may show races that bring cheaper ones again. Nothing new comes of these: once none was left,
        all races of the cheaper ones had been turned round, which is what a search with the smaller bound does. So the
        least once reached holds, whatever is queued later. It is reached when a schedule is done, not when it begins:
        what comes of the one that runs is not queued yet.
        """
        return self._least

    def _branch_off(self, execution: Execution) -> None:
        if not followed(execution, self._branches.path[: max(self._step, 0)]):
            return
        self._acquaintance.learn(execution, max(self._step, 0))
        if not self._choices:
            return
        judge = Judge(self._acquaintance, execution)
        reduces = self._reduce and execution.tracked
        groups: dict[tuple[int, bool, int, int, int], list[tuple[int, int]]] = {}
        for choice, other in self._turned(execution) if reduces else self._all():
            if choice.weak and choice.cost == self._bound and not reduces:
                continue
            effort = int(judge.effort(choice.step, choice.left, other))
            key = (choice.cost, choice.weak, effort, choice.left, other)
            groups.setdefault(key, []).append((choice.step, other))
        path = array("H", execution.ran)
        choices = self._choices if reduces else []
        for (cost, weak, effort, _, _), ways in groups.items():
            spread_out = [ways[index] for index in spread(len(ways))]
            effort += self._branches.effort
            self._push(Branches(path, choices, cost, weak, effort, spread_out), 0)

    def _all(self) -> list[tuple[Choice, int]]:
        return [(choice, other) for choice in self._choices for other in choice.others]

    def _turned(self, execution: Execution) -> list[tuple[Choice, int]]:
        """Return the branches that turn round a race of this schedule, and have not been queued."""
        ran = execution.ran
        began = [0]
        for step in range(1, len(ran)):
            began.append(began[-1] if ran[step] == ran[step - 1] else step)
        wanted = set()
        for race in races(ran, execution.touches, execution.options, max(self._step, 0)):
            unit = ran[race.later]
            wanted |= {(race.earlier, unit), (began[race.earlier], unit)}
        wanted |= {(choice.step, NOBODY) for choice in self._choices[self._fresh :] if not choice.rested}
        at = {choice.step: choice for choice in self._choices}
        found = []
        for choice, unit in [(at[step], unit) for step, unit in sorted(wanted) if step in at]:
            for other in (unit,) if unit in choice.others else choice.others:
                if unit != choice.chosen and not choice.tried >> other & 1:
                    choice.tried |= 1 << other
                    found.append((choice, other))
        return found

    def _push(self, branches: Branches, index: int) -> None:
        self._pushed += 1
        effort, weak, cost, number = branches.effort, branches.weak, branches.cost, self._pushed
        heappush(self._queue, (effort, weak, cost, index, number, branches))
        heappush(self._by_cost, (cost, effort, weak, index, number, branches))
        self._queued.add(number)
        self._left[branches.cost] += 1


STRATEGY = Strategy(
    name="preemption_bounded",
    summary="every schedule up to a bound of preemptions, the simplest first",
    make=PreemptionBounded,
    exhausts=True,
    bounded=True,
)
