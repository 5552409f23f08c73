"""Draws every interleaving with the same chance: a unit goes on the likelier, the more steps it has left.

Of the ways to finish, the share that begins with a unit is that unit's share of the steps left, so a walk weighted by
these draws all of them alike, where a plain one draws few early switches (uniform random walk: Zhao, Wolff, Mathur and
Roychoudhury, Selectively Uniform Concurrency Testing, ASPLOS 2025). Steps are measured: the first schedule is a plain
walk. Those of a unit that is yet to be added count for the one that adds it.
"""

from random import Random

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import Execution


class UniformRandomWalk:
    """What is known of each unit's steps, and how many of them this schedule has run."""

    def __init__(self, options: StrategyOptions) -> None:
        self._draw = Random(options.seed).random
        self._lengths = list(options.lengths)
        self._given = bool(options.lengths)
        self._children: dict[int, list[int]] = {}
        self._gone: dict[int, int] = {}
        self._counted = 0

    def begin(self) -> bool:
        """Begin another schedule."""
        self._gone.clear()
        self._counted = 0
        return True

    def pick(self, execution: Execution) -> int:
        """Draw a unit by the steps that it has left."""
        ready, gone = execution.ready, self._gone
        for unit in execution.ran[self._counted :]:
            gone[unit] = gone.get(unit, 0) + 1
        self._counted = len(execution.ran)
        weights = [self._left(unit, len(execution.names)) for unit in ready]
        drawn = self._draw() * sum(weights)
        for unit, weight in zip(ready, weights, strict=True):
            drawn -= weight
            if drawn < 0:
                return unit
        return ready[-1]

    def done(self, execution: Execution) -> None:
        """Measure each unit's steps, the most that it has had, and who adds whom."""
        if self._given:
            return
        lengths = self._lengths
        lengths += [1] * (len(execution.names) - len(lengths))
        for unit in range(len(execution.names)):
            lengths[unit] = max(lengths[unit], execution.ran.count(unit))
        met = set(execution.options[0]) if execution.options else set()
        for before, options in zip(execution.ran, execution.options[1:], strict=False):
            for unit in options:
                if unit not in met:
                    met.add(unit)
                    children = self._children.setdefault(before, [])
                    if unit not in children:
                        children.append(unit)

    def _left(self, unit: int, added: int) -> int:
        """Return the steps that a unit has left, with those of the units that it will add; at least one."""
        length = self._lengths[unit] if unit < len(self._lengths) else 1
        left = max(length - self._gone.get(unit, 0), 1)
        return left + sum(
            self._left(child, added) for child in self._children.get(unit, ()) if child >= added
        )


STRATEGY = Strategy(
    name="urw",
    summary="schedules at random, each interleaving as likely as any other (URW)",
    make=UniformRandomWalk,
    exhausts=False,
)
