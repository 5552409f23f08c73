"""The order of the ready units: the one in which an idle loop would run them, though callbacks are run at once."""

from harness.core.execution import NOBODY


class Mark:
    """A callback that was run at once, at the place in the loop's queue where an idle loop would run it."""

    __slots__ = ("ahead", "brought")

    def __init__(self, ahead: set[int]) -> None:
        self.ahead = ahead
        """The units before it in the queue that have not run yet."""
        self.brought: list[int | Mark] = []
        """What it let go on, or put into the queue: units, and callbacks of its own."""


class Line:
    """Keeps ``execution.ready`` in three parts: units in the loop's queue, units that a callback brought before its
    turn, and whoever only waits for a time, by due times.

    A scheduler that always takes the first keeps to the order of the loop itself, with a clock that jumps when all is
    quiet. One thing can be seen before its turn: what a callback leaves in an object, such as ``as_completed`` does.
    The execution adds a unit at the end of its list; ``place`` and ``sleep`` put the last unit where it belongs.

    ``in_place``: a callback switches to those that it lets go on, as gevent's do, instead of putting them into the
    queue, as asyncio's do.
    """

    __slots__ = ("_early", "_in_place", "_ready", "due", "held", "marks", "running")

    def __init__(self, ready: list[int], *, in_place: bool = False) -> None:
        self._ready = ready
        self._in_place = in_place
        self._early: set[int] = set()
        self.marks: list[Mark] = []
        """The callbacks whose turn has not come, in their order."""
        self.due: dict[int, float] = {}
        """The ready units that wait for a time."""
        self.held: dict[int, float] = {}
        """The units whose time only comes after that of another."""
        self.running: Mark | None = None
        """The callback that runs now, if it runs before its turn."""

    def place(self) -> None:
        """Put the last unit into the queue."""
        if not (self.due or self._early or self.running):
            return
        ready = self._ready
        unit = ready.pop()
        mark = self.running
        if mark is None:
            ready.insert(self._queued(), unit)
        else:
            ready.insert(len(ready) - len(self.due), unit)
            self._early.add(unit)
            mark.brought.append(unit)

    def sleep(self, when: float) -> None:
        """Let the last unit wait for a time."""
        ready, due = self._ready, self.due
        unit = ready.pop()
        index = len(ready)
        while index > 0 and due.get(ready[index - 1], when) > when:
            index -= 1
        ready.insert(index, unit)
        due[unit] = when

    def hurry(self, unit: int) -> None:
        """Put a unit that waited for a time into the queue."""
        self.leave(unit)
        self._ready.append(unit)
        self.place()

    def leave(self, unit: int) -> None:
        """Take a unit out that is not to run."""
        self._ready.remove(unit)
        self.picked(unit)

    def picked(self, unit: int) -> None:
        """Note that a unit was taken out to run."""
        if unit in self.due:
            del self.due[unit]
            return
        self._early.discard(unit)
        for mark in self.marks:
            mark.ahead.discard(unit)

    def first_due(self) -> int:
        """Return the unit whose time comes first."""
        return self._ready[len(self._ready) - len(self.due)] if self.due else NOBODY

    def mark(self) -> Mark | None:
        """Return the place of a callback that enters the queue now; None when it is the next."""
        if self.running is not None:
            mark = Mark(set())
            self.running.brought.append(mark)
            return mark
        queued = self._queued()
        if not queued and not self.marks:
            return None
        mark = Mark(set(self._ready[:queued]))
        self.marks.append(mark)
        return mark

    def front(self) -> Mark | None:
        """Return the place of a callback whose turn is now, whoever is in the queue; None when nobody is."""
        if not self.marks and not self._queued():
            return None
        mark = Mark(set())
        self.marks.insert(0, mark)
        return mark

    def pass_until(self, now: float) -> None:
        """Let those whose time has come be in the queue: before all that enters it later."""
        for unit in [unit for unit, when in self.due.items() if when <= now]:
            self._ready.remove(unit)
            del self.due[unit]
            self._ready.insert(self._queued(), unit)

    def drop(self, mark: Mark) -> None:
        """Take the place of a callback away that brought nothing."""
        if self.marks and self.marks[-1] is mark:
            self.marks.pop()

    def settle(self) -> None:
        """Put into the queue what callbacks brought whose turn has come."""
        marks = self.marks
        if not marks or marks[0].ahead:
            return
        ready, early = self._ready, self._early
        at = 0
        while marks and not marks[0].ahead:
            nested = []
            for brought in marks.pop(0).brought:
                if isinstance(brought, Mark):
                    nested.append(brought)
                    if not self._in_place:
                        brought.ahead = set(ready[: self._queued()])
                elif brought in early:
                    ready.remove(brought)
                    early.discard(brought)
                    ready.insert(at if self._in_place else self._queued(), brought)
                    at += 1
            for mark in nested:
                if self._in_place:
                    mark.ahead = set(ready[: self._queued()])
                marks.append(mark)

    def _queued(self) -> int:
        return len(self._ready) - len(self.due) - len(self._early)
