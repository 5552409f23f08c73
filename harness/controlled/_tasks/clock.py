"""The clock of a schedule of tasks: virtual time, which moves when a sleeper is picked or a time-out fires."""

import asyncio
from heapq import heappop

from harness.controlled._tasks.loop import Loop
from harness.core.execution import CLOCK, NOBODY, SPINS
from harness.core.points import BEGIN, PAUSED


class Clock:
    """Keeps the sleepers and the pseudo-unit of the time-outs where they belong among the ready.

    Who sleeps past the earliest time-out is not ready before that has fired: the clock would pass it. Where equivalent
    schedules are left out, the pseudo-unit stays, without effect, when its time-outs are cancelled: that it could have
    fired before the cancellation is found by a step of its own that comes after it.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.unit = NOBODY
        """The pseudo-unit that fires the next time-out."""
        self._units = 0
        self._spins = 0

    def tend(self) -> None:
        """Put all who wait for a time at their places, after a step."""
        loop, line, timeouts = self._loop, self._loop.line, self._loop.timeouts
        if loop.sleeps and not loop.execution.ready and not line.held:
            # Their futures are awaited by something else than the task itself.
            for timer in loop.sleeps.values():
                loop.wait_for(timer)
            loop.sleeps.clear()
        while timeouts and timeouts[0][2].cancelled():
            heappop(timeouts)
        if timeouts:
            limit = timeouts[0][0]
            self._stand(limit)
            self._hold_back(limit)
        elif self.unit in line.due and not loop.execution.tracked:
            line.leave(self.unit)
        if line.held:
            self._let_go(timeouts[0][0] if timeouts else float("inf"))
        if line.due:
            self._let_time_pass()

    def wake(self, unit: int) -> None:
        """Move on to the moment for which a unit sleeps."""
        loop = self._loop
        timer = loop.sleeps[loop.tasks[unit]._fut_waiter]  # type: ignore[union-attr]
        loop.touch_time(writes=True)
        loop.now = max(loop.now, timer.when())
        timer._run()

    def fire(self) -> asyncio.TimerHandle | None:
        """Move on to the earliest time-out and return it; None when there is none any more."""
        loop = self._loop
        self.unit = NOBODY
        loop.touch_time(writes=True)
        if not loop.timeouts:
            return None
        when, _, timer = heappop(loop.timeouts)
        loop.now = max(loop.now, when)
        return timer

    def _stand(self, when: float) -> None:
        """Let the pseudo-unit be a choice, at the place of the earliest time-out."""
        loop, line = self._loop, self._loop.line
        if self.unit in line.due:
            if line.due[self.unit] == when:
                return
            line.leave(self.unit)
        elif self.unit in loop.execution.ready:
            return
        if self.unit == NOBODY:
            self._units += 1
            self.unit = loop.add(CLOCK if self._units == 1 else f"{CLOCK}/{self._units}", when)
        else:
            loop.execution.park(self.unit, BEGIN)
            line.sleep(when)

    def _hold_back(self, limit: float) -> None:
        line = self._loop.line
        for unit in [unit for unit, when in line.due.items() if when > limit and unit != self.unit]:
            line.held[unit] = line.due[unit]
            line.leave(unit)
            self._loop.execution.wait(unit, "its time, after that of another")

    def _let_go(self, limit: float) -> None:
        line, execution = self._loop.line, self._loop.execution
        for unit in [unit for unit, when in line.held.items() if when <= limit]:
            execution.wake(unit)
            execution.pending[unit] = PAUSED
            line.sleep(line.held.pop(unit))

    def _let_time_pass(self) -> None:
        self._spins += 1
        if self._spins > SPINS:
            self._spins = 0
            self._loop.line.hurry(self._loop.line.first_due())
