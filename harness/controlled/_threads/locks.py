"""Locks whose waiting is scheduled: a unit that must wait lets others go on, and a deadlock explains itself.

Each goes by a real one, which threads that are not controlled use alone, before, beside and after the schedules.
"""

import sys
from _thread import RLock as RealRLock
from _thread import allocate_lock, get_ident
from threading import Condition
from types import CodeType, FrameType
from typing import Any

from harness.controlled._standard.origin import Origin
from harness.controlled._threads.awaited import Awaited, Grain
from harness.controlled._threads.baton import Baton
from harness.core.execution import NOBODY
from harness.core.points import Role

FOREIGN = 1.0
"""Seconds of real time that a unit waits for a lock which a thread holds that is not controlled."""
SOMEBODY = -1
"""In place of a thread that is not known."""
_private: Any = Condition
GIVES_UP: CodeType = _private._release_save.__code__
TAKES_AGAIN: CodeType = _private._acquire_restore.__code__
"""Code in which a lock is given up and taken again as part of one wait."""


class ScheduledLock(Awaited):
    """A ``threading.Lock``."""

    __slots__ = ("_outsider", "_since", "holder", "real")

    def __init__(self, baton: Baton, grain: Grain, frame: FrameType | None, real: Any = None) -> None:
        super().__init__(baton, grain, frame)
        self.real = self._new() if real is None else real
        self.holder = NOBODY
        self._since: Origin | None = None
        self._outsider = 0 if real is None else SOMEBODY
        """The thread that took it without being controlled."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; where another unit holds it, let others go on until it is free or, in virtual time, too late."""
        baton = self.baton
        if get_ident() != baton.running:
            baton.check_gone()
            taken = bool(self.real.acquire(blocking, timeout))
            if taken:
                self._outsider = get_ident()
            return taken
        if self.generation != baton.generation:
            self._renew()
        if self._again():
            return True
        caller = sys._getframe(1)
        spoken = self.grain and caller.f_code is not TAKES_AGAIN
        if spoken and (blocking or self.grain is Grain.ALL):
            self.reach(Role.CALL)
        if not self._take(blocking, timeout):
            return False
        if spoken and self.grain is Grain.ALL:
            self.reach(Role.RETURNED)
        return True

    def release(self) -> None:
        """Give it back; whoever waits for it can go on."""
        baton = self.baton
        if get_ident() != baton.running:
            self.real.release()
            return
        if self.generation != baton.generation:
            self._renew()
        if not self._give_back():
            return
        self.holder = NOBODY
        baton.execution.touched.append((self.name, True))
        self.wake()
        if self.grain and sys._getframe(1).f_code is not GIVES_UP:
            self.reach(Role.RETURNED)

    def locked(self) -> bool:
        """Tell whether anybody holds it."""
        return bool(self.real.locked())

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<{self}, scheduled>"

    def _at_fork_reinit(self) -> None:
        self.real._at_fork_reinit()
        self.waiters.clear()
        self.holder = NOBODY

    def _new(self) -> Any:
        return allocate_lock()

    def _again(self) -> bool:
        """Take it once more, if it can be and the unit holds it."""
        return False

    def _give_back(self) -> bool:
        """Give back the real one; False when that changes nothing for others."""
        if self.baton.stopping and not self.real.locked():
            return False  # a unit that is stopped in a wait has not taken it again
        self.real.release()
        return True

    def _take(self, blocking: bool, timeout: float) -> bool:
        baton = self.baton
        baton.execution.touched.append((self.name, True))
        if not self.real.acquire(False):
            if not blocking or timeout == 0:
                return False
            until = baton.clock.read() + timeout if timeout > 0 else None
            while True:
                if self.holder == NOBODY and self._outsider not in {0, baton.driver}:
                    self._outwait()
                    break
                if not self.wait(until):
                    if not self.real.acquire(False):
                        return False
                    break
                if self.real.acquire(False):
                    break
        self.holder = baton.execution.current
        self._since = Origin(sys._getframe(2))
        if self.waiters:
            self.hold_back()
        return True

    def _outwait(self) -> None:
        """Wait, in real time, for a thread that is not controlled."""
        if not self.real.acquire(True, FOREIGN):
            self.baton.lose(f"{self} is held by a thread that is not controlled: start that thread in a unit")

    def words(self, unit: int) -> str:
        """Say who holds it, and since where."""
        if self.holder == NOBODY or not self.grain:
            return super().words(unit)
        holder = self.baton.members[self.holder].name
        return f"{self}, held by {holder} since {self._since}, to go on at {self.waiters[unit]}"

    def _renew(self) -> None:
        """Forget the units of an earlier schedule."""
        self.generation = self.baton.generation
        self.waiters.clear()
        self.free()

    def free(self) -> None:
        """Give it back for a unit that was stopped."""
        if self.holder != NOBODY and self.real.locked():
            self.real.release()
        self.holder = NOBODY


class ScheduledRLock(ScheduledLock):
    """A ``threading.RLock``, which a unit may take more than once."""

    __slots__ = ()

    def locked(self) -> bool:
        """Tell whether anybody holds it."""
        if self.real._is_owned():
            return True
        if self.real.acquire(False):
            self.real.release()
            return False
        return True

    def free(self) -> None:
        """Take another in its place: only the thread that has it could give it back."""
        if self.holder != NOBODY:
            self.holder = NOBODY
            self.real = self._new()

    def _new(self) -> Any:
        return RealRLock()

    def _again(self) -> bool:
        return bool(self.real._is_owned() and self.real.acquire(False))

    def _give_back(self) -> bool:
        if self.baton.stopping and not self.real._is_owned():
            return False
        self.real.release()
        return not self.real._is_owned()

    def _is_owned(self) -> bool:
        return bool(self.real._is_owned())

    def _release_save(self) -> Any:
        state = self.real._release_save()
        if get_ident() == self.baton.running:
            self.holder = NOBODY
            self.baton.execution.touched.append((self.name, True))
            self.wake()
        return state

    def _acquire_restore(self, state: Any) -> None:
        if get_ident() == self.baton.running:
            self._take(True, -1)
            self.real.release()
        self.real._acquire_restore(state)
