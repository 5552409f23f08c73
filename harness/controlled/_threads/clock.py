"""Virtual time for units that sleep and for waits that run out, so that no schedule takes real time."""

from collections.abc import Callable

from harness.core.execution import CLOCK, NOBODY, SPINS, Execution
from harness.core.points import ENDED

TIME = "the time"
"""What is touched by whoever reads the clock, sets it, or lets it wake something."""


class Clock:
    """The time of one schedule, in seconds from its beginning.

    Picking a unit that sleeps moves it on to when that unit is due. While a wait may run out there is one choice more,
    the pseudo-unit ``clock``: picking it lets the earliest of these waits run out, however long the others take.
    """

    def __init__(self, enlist: Callable[[str], int]) -> None:
        self._enlist = enlist
        self.now = 0.0

    def begin(self, execution: Execution) -> None:
        """Set it to zero for a new schedule."""
        self._execution = execution
        self.now = 0.0
        self.needed = False
        """Whether a ready unit is due only later, or anything may run out."""
        self._unit = NOBODY
        self._dues: dict[int, float] = {}
        self._limits: dict[int, float] = {}
        self._over: set[int] = set()
        self._spins = 0
        """How often somebody was picked while a time was waited for, since that last made time pass."""
        self._spent: list[tuple[float, int]] = []
        """Limits of waits that were over in time."""

    def sleep(self, unit: int, seconds: float) -> None:
        """Note that a ready unit is due only then."""
        if seconds > 0:
            self.needed = True
            self._dues[unit] = self.read() + seconds

    def read(self) -> float:
        """Return the time to a unit."""
        self._execution.touched.append((TIME, False))
        return self.now

    def limit(self, unit: int, until: float) -> None:
        """Let the wait of a unit run out at a time."""
        execution = self._execution
        self.needed = True
        execution.touched.append((TIME, True))
        self._limits[unit] = until
        if self._unit == NOBODY:
            self._unit = self._enlist(CLOCK)
            execution.ready.remove(self._unit)
            execution.end(self._unit)

    def ran_out(self, unit: int) -> bool:
        """Tell a unit that goes on whether its wait has run out, and forget the limit."""
        due = self._limits.pop(unit, None)
        if unit in self._over:
            self._over.remove(unit)
            return True
        if due is not None and self._execution.tracked:
            self._spent.append((due, unit))
        return False

    def is_over(self, unit: int) -> bool:
        """Tell whether the wait of a unit has run out that has not yet gone on."""
        return unit in self._over

    def prepare(self) -> None:
        """Put who is ready in the order of time, and the clock among them while a wait may run out.

        Right after it was picked it is no choice: whoever it let go on is.
        """
        execution, clock = self._execution, self._unit
        ready = execution.ready
        limits = self._pending() if self._limits or self._spent else ()
        if limits and (execution.current != clock or not ready):
            if clock not in ready:
                execution.park(clock, ENDED)
            self._dues[clock] = min(limits)[0]
        elif clock in ready:
            ready.remove(clock)
            del self._dues[clock]
        if self._dues:
            self._let_time_pass()
            if len(ready) > 1:
                now, due = self.now, self._dues.get
                ready.sort(key=lambda unit: max(due(unit, now), now))

    def picked(self, unit: int) -> bool:
        """Move on to when the picked unit is due; False when it was the clock itself: then pick again."""
        due = self._dues.pop(unit, self.now)
        if unit == self._unit:
            self._run_out(*min(self._pending()))
            return False
        if due > self.now:
            if self._limits or self._spent:
                for limit in sorted(self._pending()):
                    if limit[0] <= due:
                        self._run_out(*limit)
            self._execution.touched.append((TIME, True))
            self.now = due
        self.needed = bool(self._dues or self._limits or self._spent)
        return True

    def _let_time_pass(self) -> None:
        self._spins += 1
        if self._spins > SPINS:
            self._spins = 0
            self._execution.touched.append((TIME, True))
            self.now = max(self.now, min(self._dues.values()))

    def _pending(self) -> list[tuple[float, int]]:
        """Return the limits that may be picked.

        Where schedules are left out that are equivalent to others, this is told from what their steps touch. A limit
        that does not matter any more is then picked all the same, and touches what it would have changed: or nothing
        would tell that it could have come before what made it void.
        """
        execution = self._execution
        limits = [(due, unit) for unit, due in self._limits.items()]
        return (
            limits + self._spent
            if execution.tracked
            else [each for each in limits if each[1] in execution.waiting]
        )

    def _run_out(self, due: float, unit: int) -> None:
        execution = self._execution
        execution.touched.append((TIME, True))
        if unit in execution.waiting and self._limits.get(unit) == due:
            self.now = max(self.now, due)
            self._over.add(unit)
            execution.wake(unit)
            return
        execution.touched.append((f"the waiting of {unit}", True))
        if (due, unit) in self._spent:
            self._spent.remove((due, unit))
        else:
            del self._limits[unit]
