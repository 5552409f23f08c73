"""The virtual time of a schedule: it passes as far as a greenlet that is picked has slept, or to the next time-out."""

from collections.abc import Callable
from heapq import heappop, heappush

from harness.controlled._gevent.loop import Timer, VirtualLoop
from harness.controlled._line import Line
from harness.core.execution import CLOCK, NOBODY, Execution


class Clock:
    """Keeps the time-outs, and lets the next one be a choice: a pseudo-unit, each with a number of its own."""

    def __init__(
        self, loop: VirtualLoop, line: Line, execution: Execution, fire: Callable[[Timer], None]
    ) -> None:
        self.unit = NOBODY
        """The pseudo-unit of the next time-out, if there was one to come."""
        self.offered = False
        """Whether that is among the ready units."""
        self.fires = False
        """Whether what a time-out does is being done."""
        self.timeouts: list[tuple[float, int, int, Timer]] = []
        self._loop = loop
        self._line = line
        self._execution = execution
        self._call = fire
        self._timers = self._fired = 0

    def put(self, timer: Timer) -> None:
        """Take in a time-out."""
        self._timers += 1
        heappush(self.timeouts, (timer.due, -timer.priority, self._timers, timer))

    def offer(self) -> bool:
        """Put the next time-out in its place among the ready units; return whether it took a new unit to do so."""
        timeouts, line, execution = self.timeouts, self._line, self._execution
        while timeouts and not _counts(timeouts[0][3], timeouts[0][0]):
            heappop(timeouts)
        late = bool(timeouts) and timeouts[0][0] <= self._loop.time
        if self.offered:
            stands = line.due.get(self.unit)
            if timeouts and (late if stands is None else stands == timeouts[0][0]):
                return False
            line.leave(self.unit)
        self.offered = bool(timeouts)
        if not timeouts:
            return False
        new = self.unit == NOBODY
        if new:
            self.unit = execution.add(f"{CLOCK}/{self._fired + 1}" if self._fired else CLOCK)
        else:
            execution.ready.append(self.unit)
        if late:
            line.place()
        else:
            line.sleep(timeouts[0][0])
        return new

    def tick(self) -> bool:
        """Let the time pass until the next time-out, which was picked; return whether another is due right after it."""
        self._line.picked(self.unit)
        self._execution.end(self.unit)
        self.unit, self.offered = NOBODY, False
        self._fired += 1
        # The loop fires all that are due one after the other, before anything that is in its queue by then.
        return self._fire(again=True)

    def sleep(self, due: float) -> None:
        """Let the time pass until a unit has slept enough; time-outs that it passes fire first."""
        while self.timeouts and self.timeouts[0][0] < due:
            self._fire()
        loop = self._loop
        loop.time = max(loop.time, due)
        if self._line.due:
            self._line.pass_until(loop.time)

    def move_on(self) -> None:
        """Let the time pass until the first of what is waited for, because units have kept busy for so long."""
        unit = self._line.first_due()
        if unit == NOBODY:
            return
        self.sleep(self._line.due[unit])
        if unit == self.unit and self.timeouts:
            self._fire()

    def _fire(self, *, again: bool = False) -> bool:
        line = self._line
        due, _, _, timer = heappop(self.timeouts)
        self._loop.time = max(self._loop.time, due)
        line.running = self._loop.origin = line.front()
        self.fires = True
        try:
            if _counts(timer, due):
                self._call(timer)
            return again and bool(self.timeouts) and self.timeouts[0][0] <= self._loop.time and self.offer()
        finally:
            self.fires = False
            line.running = self._loop.origin = None


def _counts(timer: Timer, due: float) -> bool:
    """Tell whether a time-out still holds: it may have been stopped since, and started anew for later."""
    return timer.active and timer.due == due
