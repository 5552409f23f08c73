"""The order of the ready greenlets: those in the hub's queue, then whoever waits for a time, by due times."""


class Line:
    """Keeps ``execution.ready`` in order; a scheduler that always takes the first is gevent's own loop.

    The execution adds a unit at the end of its list; ``place`` puts the last unit where it belongs.
    """

    __slots__ = ("_ready", "due")

    def __init__(self, ready: list[int]) -> None:
        self._ready = ready
        self.due: dict[int, float] = {}
        """The units in the list that wait for a time."""

    def place(self, when: float | None = None) -> None:
        """Put the last unit into the queue, or among those that wait for a time."""
        ready, due = self._ready, self.due
        if when is None:
            if due:
                ready.insert(len(ready) - 1 - len(due), ready.pop())
            return
        unit = ready.pop()
        index = len(ready)
        while index > 0 and due.get(ready[index - 1], when) > when:
            index -= 1
        ready.insert(index, unit)
        due[unit] = when

    def hurry(self, unit: int) -> None:
        """Put a unit that waited for a time into the queue."""
        if unit in self.due:
            self.leave(unit)
            self._ready.append(unit)
            self.place()

    def leave(self, unit: int) -> None:
        """Take a unit out that is not to run."""
        self._ready.remove(unit)
        self.due.pop(unit, None)

    def picked(self, unit: int) -> float | None:
        """Note that a unit was taken out to run, and return the time that it waited for."""
        return self.due.pop(unit, None)

    def pass_until(self, now: float) -> None:
        """Let those whose time has come be in the queue: before all that enters it later."""
        for unit in [unit for unit, when in self.due.items() if when <= now]:
            del self.due[unit]
