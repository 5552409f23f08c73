"""Orders the branches off a schedule: first those that may well show a mix-up, and of like ones the most distant."""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

from harness.core.execution import NOBODY, Execution, Point, Touch


class Hope(IntEnum):
    """What may come of switching a unit out before its next step, the best first."""

    SPLIT = 0
    """Another unit gets in between two touches of one object, in an order that no serial schedule has."""
    MET = 1
    """The step touches an object that the other unit touches too, and one of them writes."""
    UNKNOWN = 2
    """Nothing is known of what the step touches."""
    APART = 3
    """As far as is known the other unit and the step do not disturb each other."""


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
        self._uses: dict[tuple[str, int], list[bool]] = {}
        """For each object and unit, whether the unit reads it, and writes it."""

    def learn(self, execution: Execution) -> None:
        """Take in what a schedule touched."""
        uses = self._uses
        for unit, touched in zip(execution.ran, execution.touches, strict=False):
            for name, writes in touched:
                use = uses.get((name, unit))
                if use is None:
                    use = uses[name, unit] = [False, False]
                use[writes] = True

    def judge(self, execution: Execution) -> "Judge":
        """Return what tells the hope of branches off a schedule."""
        return Judge(self._uses, execution)


class Judge:
    """Tells what is to be hoped of branches off one schedule, asked for in the order of their steps."""

    def __init__(self, uses: dict[tuple[str, int], list[bool]], execution: Execution) -> None:
        self._uses = uses
        self._execution = execution
        self._scanned = 0
        self._wrote: dict[tuple[str, int], bool] = {}
        """For each object and unit, whether the unit's last touch, before the step asked for, was a write."""

    def hope(self, step: int, left: int, point: Point | None, other: int) -> Hope:
        """Return what may come of leaving a unit at a point for another; of leaving nobody, the most."""
        if left == NOBODY or point is None:
            return Hope.SPLIT
        if not self._uses:
            return Hope.UNKNOWN
        self._scan(step)
        touched = self._next(step, left)
        if point.object and not touched:
            touched = ((point.object, point.writes),)
        if not touched:
            return Hope.APART if self._execution.tracked else Hope.UNKNOWN
        return min(self._of_touch(name, writes, left, other) for name, writes in touched)

    def _next(self, step: int, unit: int) -> Iterable[Touch]:
        """Return what a unit touches when it goes on, at this step or later."""
        ran, touches = self._execution.ran, self._execution.touches
        for later in range(step, len(touches)):
            if ran[later] == unit:
                return touches[later]
        return ()

    def _scan(self, step: int) -> None:
        ran, touches = self._execution.ran, self._execution.touches
        for before in range(self._scanned, step):
            for name, writes in touches[before]:
                self._wrote[name, ran[before]] = writes
        self._scanned = step

    def _of_touch(self, name: str, writes: bool, left: int, other: int) -> Hope:
        use = self._uses.get((name, other))
        if use is None:
            return Hope.APART
        other_reads, other_writes = use
        if not (writes or other_writes):
            return Hope.APART
        wrote = self._wrote.get((name, left))
        if wrote is None:
            return Hope.MET
        # Of the orders own, other's, own: read-write-read, write-write-read, read-write-write and write-read-write have
        # no serial equivalent (Lu, Tucek, Qin and Zhou: AVIO, ASPLOS 2006).
        splits = other_reads if wrote and writes else other_writes
        return Hope.SPLIT if splits else Hope.MET
