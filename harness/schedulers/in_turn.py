"""Runs each unit, with those that it begins, to its end before the next: in all orders, the plainest first.

What comes of that is what units come to that do not disturb each other. Nobody is preempted; where whoever ran waits or
has ended, each of those that its family began may be next, and all such choices are tried. Where all of a family wait,
time passes until a time-out lets one go on, as it would if the others came later. Where it waits for one that is not
its own, another family goes on in between: no such schedule has one after the other.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import permutations

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import CLOCK, Execution, family

Order = tuple[str, ...]


class InTurn:
    """All orders of the families that are there at the beginning; which these are the first schedule tells."""

    def __init__(self, options: StrategyOptions) -> None:
        self._orders: Iterator[Order] = iter([()])
        """The orders that no schedule has had; there may be far too many to run them all."""
        self._path: list[int] = []
        """The choices with which the schedule begins."""
        self._queue: deque[tuple[Order, list[int]]] = deque()
        """Choices that no schedule has begun with, and in which order."""
        self._begun = False
        self._rank: dict[str, int] = {}
        self._ways: list[int] = []
        """How many units each choice was among."""
        self._taken: list[int] = []
        """Which of them each choice took."""

    def begin(self) -> bool:
        """Take the next order, or when all were taken, the next choices within families."""
        order = next(self._orders, None)
        if order is not None:
            self._order, self._path = order, []
        elif self._queue:
            self._order, self._path = self._queue.popleft()
        else:
            return False
        self._rank = {name: rank for rank, name in enumerate(self._order)}
        self._ways, self._taken = [], []
        return True

    def pick(self, execution: Execution) -> int:
        """Let the first family in this order go on, and in it whoever runs, else the one that this schedule is for."""
        own = self._first(execution)
        if execution.current in own:
            return execution.current
        if len(own) == 1:
            return own[0]
        step = len(self._taken)
        taken = self._path[step] if step < len(self._path) else 0
        self._ways.append(len(own))
        self._taken.append(taken)
        return own[min(taken, len(own) - 1)]

    def done(self, execution: Execution) -> None:
        """Learn from the first schedule which orders there are, and queue the choices come by for the first time."""
        if not self._begun:
            self._begun = True
            self._order = tuple(dict.fromkeys(family(name) for name in execution.names if _is_unit(name)))
            self._orders = permutations(self._order)
            next(self._orders)
        for step in range(len(self._path), len(self._ways)):
            for other in range(1, self._ways[step]):
                self._queue.append((self._order, [*self._taken[:step], other]))

    def _first(self, execution: Execution) -> Sequence[int]:
        """Return who may go on of the first family in this order, or the clock."""
        names, fair = execution.names, execution.choices()
        units = [unit for unit in fair if _is_unit(names[unit])]
        if not units:
            return [execution.default()]
        first = min((family(names[unit]) for unit in units), key=lambda name: self._place(name, names))
        # A time-out that has let nobody go on is no reason to wait for the next, there may be one for ever.
        if len(units) < len(fair) and _is_unit(names[max(execution.current, 0)]):
            begun = {family(names[unit]) for unit in execution.going_on()}
            if begun and first not in begun:
                return [unit for unit in fair if unit not in units][:1]
        return [unit for unit in units if family(names[unit]) == first]

    def _place(self, name: str, names: Sequence[str]) -> tuple[int, int]:
        """Return where a family stands in this order; those that it does not name come last, as they began."""
        began = next(unit for unit, each in enumerate(names) if family(each) == name)
        return self._rank.get(name, len(self._rank)), began


def _is_unit(name: str) -> bool:
    return family(name) != CLOCK


STRATEGY = Strategy(
    name="in_turn",
    summary="each unit, with what it began, to its end before the next; in all orders",
    make=InTurn,
    exhausts=False,
)
