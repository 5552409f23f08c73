"""Runs each unit, with those that it begins, to its end before the next; in one order after the other.

What comes of that is what units come to that do not disturb each other. Where a unit waits for one that is not its own,
the next goes on in between: no schedule then has one after the other.
"""

from collections.abc import Iterator
from itertools import permutations

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import CLOCK, Execution, family


class InTurn:
    """All orders of the units that are there at the beginning; which these are the first schedule tells."""

    def __init__(self, options: StrategyOptions) -> None:
        self._orders: Iterator[tuple[str, ...]] | None = None
        self._rank: dict[str, int] = {}

    def begin(self) -> bool:
        """Take the next order."""
        if self._orders is None:
            return True
        order = next(self._orders, None)
        self._rank = {name: rank for rank, name in enumerate(order or ())}
        return order is not None

    def pick(self, execution: Execution) -> int:
        """Let the first family in this order go on, and in it whoever runs, else who has waited longest."""
        last = len(self._rank)
        return min(
            execution.ready,
            key=lambda unit: (
                self._rank.get(family(execution.names[unit]), last),
                family(execution.names[unit]) == CLOCK,
                unit != execution.current,
            ),
        )

    def done(self, execution: Execution) -> None:
        """Learn from the first schedule which units there are; it ran them in the order of their numbers."""
        if self._orders is None:
            names = dict.fromkeys(map(family, execution.names))
            names.pop(CLOCK, None)
            self._orders = permutations(names)
            next(self._orders)


STRATEGY = Strategy(
    name="in_turn",
    summary="each unit to its end before the next, in one order after the other",
    make=InTurn,
    exhausts=False,
)
