"""Runs every schedule, however many preemptions it has, the deepest branches first.

Where the program is tracked, one schedule of each set of equivalent ones: a branch is taken only where it turns round a
race of a schedule that was run (source sets: Abdulla, Aronis, Jonsson and Sagonas, POPL 2014), and not to a unit that
*sleeps*, because all that begins with its step was run and nothing since has disturbed that step (sleep sets:
Godefroid, LNCS 1032). A unit's step is known once it was run, and is the same from an equivalent state. Of fair
schedules alone, as with a bound: equivalent ones that wear out a unit's patience at other steps may be left out too.
"""

from dataclasses import dataclass, field

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import NOBODY, Execution
from harness.core.points import Touch
from harness.schedulers._path import follow, followed
from harness.schedulers._races import disturb, initials, races

Asleep = dict[int, tuple[Touch, ...]]
"""Units that need not go next, each with what its step touches."""


@dataclass(slots=True)
class Node:
    """A step of the schedule that is being run, and who else is to be tried in it."""

    chosen: int
    touched: tuple[Touch, ...]
    options: tuple[int, ...]
    asleep: Asleep
    todo: list[int] = field(default_factory=list)

    def after(self) -> Asleep:
        """Return who sleeps after this step."""
        return {
            unit: touched
            for unit, touched in self.asleep.items()
            if unit != self.chosen and not disturb(touched, self.touched)
        }


class Exhaustive:
    """The path of the schedule that was run last, with what is left to be tried off it."""

    def __init__(self, options: StrategyOptions) -> None:
        self._reduce = options.reduce
        self._reduces = False
        """Whether equivalent schedules are left out of this search."""
        self._nodes: list[Node] = []
        self._branch = NOBODY
        """The step at which the schedule leaves the one before it."""
        self._fair: dict[int, tuple[int, ...]] = {}
        """For each step that some may not run for lack of patience: those that may."""
        self._fresh = True
        self._redundant = False
        """Whether all that can follow was run already."""

    def begin(self) -> bool:
        """Go back to the deepest branch that is left, and take it."""
        self._redundant = False
        self._fair.clear()
        if self._fresh:
            self._fresh = False
            return True
        while self._nodes:
            node = self._nodes[-1]
            if self._reduces:
                node.asleep[node.chosen] = node.touched
            while node.todo:
                node.chosen = node.todo.pop(0)
                if node.chosen not in node.asleep:
                    self._branch = len(self._nodes) - 1
                    return True
            self._nodes.pop()
        return False

    def pick(self, execution: Execution) -> int:
        """Follow the path; then let whoever runs go on, unless that unit sleeps."""
        step = len(execution.ran)
        if step <= self._branch:
            return follow(execution, self._nodes[step].chosen)
        chosen = execution.default()
        if not execution.rested():
            self._fair[step] = tuple(execution.choices())
        self._note(execution, step)
        if self._redundant or not self._nodes:
            return chosen
        asleep = self._nodes[-1].after()
        if chosen not in asleep:
            return chosen
        return next((unit for unit in execution.choices() if unit not in asleep), chosen)

    def done(self, execution: Execution) -> None:
        """Note what is to be tried off this schedule."""
        if not followed(execution, [node.chosen for node in self._nodes[: self._branch + 1]]):
            return
        self._note(execution, len(execution.touches))
        self._reduces = self._reduce and execution.tracked
        nodes = self._nodes
        if not self._reduces:
            for node in nodes[self._branch + 1 :]:
                node.todo = [unit for unit in node.options if unit != node.chosen]
            return
        ran = execution.ran[: len(nodes)]
        for race in races(ran, execution.touches, execution.options, max(self._branch, 0)):
            node = nodes[race.earlier]
            firsts = initials(race, ran) if race.direct else []
            if not any(unit == node.chosen or unit in node.todo or unit in node.asleep for unit in firsts):
                node.todo += [unit for unit in firsts if unit in node.options][:1]

    def _note(self, execution: Execution, until: int) -> None:
        """Take in the steps that have ended, up to one or to where the schedule becomes redundant."""
        nodes = self._nodes
        if 0 <= self._branch < until:
            nodes[self._branch].touched = execution.touches[self._branch]
        for step in range(len(nodes), until):
            unit = execution.ran[step]
            asleep = nodes[-1].after() if nodes else {}
            self._redundant = self._redundant or unit in asleep
            if self._redundant:
                return
            options = self._fair.get(step, execution.options[step])
            nodes.append(Node(unit, execution.touches[step], options, asleep))


STRATEGY = Strategy(
    name="exhaustive",
    summary="every schedule, however many preemptions it has",
    make=Exhaustive,
    exhausts=True,
)
