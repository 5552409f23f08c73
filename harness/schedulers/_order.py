"""Orders the branches off a schedule: first those that may well show a mix-up, and of like ones the most distant."""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

from harness.core.execution import NOBODY, Execution
from harness.core.points import Touch


class Effort(IntEnum):
    """What a deviation counts for in the order, the least for one of which the most is to be hoped."""

    PIERCING = 1
    """The next step of who goes on comes between two touches of one object, in an order that no serial schedule has."""
    SPLITTING = 2
    """A step of who goes on may come in between so."""
    USUAL = SPLITTING
    """Nobody is switched out that could go on, or nothing is known of what steps touch."""
    MEETING = 3
    """Who is left is about to touch an object that the other touches too, and one of them writes."""
    HOPELESS = 4
    """As far as is known the other and what comes next do not disturb each other."""


@lru_cache(maxsize=256)
def spread(count: int) -> tuple[int, ...]:
    """Return 0 … count - 1 so that each halves one of the largest gaps that those before it leave."""
    order: list[int] = []
    gaps = [(0, count)]
    for low, high in gaps:
        if low < high:
            middle = (low + high) // 2
            order.append(middle)
            gaps += ((low, middle), (middle + 1, high))
    return tuple(order)


class Acquaintance:
    """Who has been seen to read and to write what, in all schedules so far."""

    def __init__(self) -> None:
        self._uses: dict[str, dict[int, list[bool]]] = {}
        """For each object and unit, whether the unit reads it, and writes it."""

    def learn(self, execution: Execution, first: int) -> None:
        """Take in what a schedule touched from a step on."""
        if not any(execution.touches):
            return
        for unit, touched in zip(execution.ran[first:], execution.touches[first:], strict=False):
            for name, writes in touched:
                users = self._uses.setdefault(name, {})
                if unit not in users:
                    users[unit] = [False, False]
                users[unit][writes] = True

    def uses(self, name: str, unit: int, left: int) -> tuple[bool, bool]:
        """Return whether a unit may read an object, and whether it may write it.

        If it uses it at all, it may do whatever the unit does that is left for it: units often run the same code, and
        what one does depends on who comes first.
        """
        users = self._uses.get(name, {})
        if unit not in users:
            return False, False
        both = (users[unit], users.get(left, users[unit]))
        return any(reads for reads, _ in both), any(writes for _, writes in both)

    def tells(self) -> bool:
        """Tell whether an object is known that two units share and one writes."""
        return any(
            len(users) > 1 and any(writes for _, writes in users.values()) for users in self._uses.values()
        )


class Judge:
    """Tells how far down branches off one schedule belong; is asked in the order of their steps."""

    def __init__(self, acquaintance: Acquaintance, execution: Execution) -> None:
        self._acquaintance = acquaintance
        self._tells = acquaintance.tells()
        self._ran, self._touches = execution.ran, execution.touches
        self._scanned = 0
        self._wrote: dict[tuple[str, int], bool] = {}
        """For each object and unit, whether the unit's last touch, before the step asked for, was a write."""

    def effort(self, step: int, left: int, other: int) -> Effort:
        """Return what it counts for to let another go on in a step; ``left`` is who could have, or NOBODY."""
        if left == NOBODY or not self._tells:
            return Effort.USUAL
        for before in range(self._scanned, step):
            for name, writes in self._touches[before]:
                self._wrote[name, self._ran[before]] = writes
        self._scanned = max(self._scanned, step)
        soon = {name: [False, False] for name, _ in self._next(step, other)}
        for name, writes in self._next(step, other):
            soon[name][writes] = True
        own = self._next(step, left)
        return min(
            (self._of_touch(name, writes, left, other, soon) for name, writes in own), default=Effort.HOPELESS
        )

    def _next(self, step: int, unit: int) -> Iterable[Touch]:
        """Return what a unit touches when it goes on, at this step or later."""
        try:
            return self._touches[self._ran.index(unit, step)]
        except (ValueError, IndexError):
            return ()

    def _of_touch(
        self, name: str, writes: bool, left: int, other: int, soon: dict[str, list[bool]]
    ) -> Effort:
        uses = self._acquaintance.uses(name, other, left)
        if not uses[True] and not (uses[False] and writes):
            return Effort.HOPELESS
        wrote = self._wrote.get((name, left))
        if wrote is None:
            return Effort.MEETING
        # Of the orders own, other's, own: read-write-read, write-write-read, read-write-write and write-read-write have
        # no serial equivalent (Lu, Tucek, Qin and Zhou: AVIO, ASPLOS 2006).
        splits = not (wrote and writes)
        if name in soon and soon[name][splits]:
            return Effort.PIERCING
        return Effort.SPLITTING if uses[splits] else Effort.MEETING
