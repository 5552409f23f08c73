"""The controlled host ``greenlets``: raw greenlets on one thread, without a hub; a pause switches to the scheduler."""

from collections.abc import Sequence
from functools import partial

from greenlet import getcurrent, greenlet

from harness.core.control import Watch, Work
from harness.core.execution import NOBODY, Execution


class RawGreenlets:
    """Runs each unit as a greenlet below the one that picks."""

    def __init__(self) -> None:
        self._greenlets: list[greenlet] = []

    def watch(self, watch: Watch) -> None:
        """A greenlet gives way by itself alone, so there is nothing to watch."""

    def run(self, works: Sequence[Work], execution: Execution) -> None:
        """Switch to whoever is picked until nobody is left."""
        hub = getcurrent()
        units = self._greenlets = [greenlet(partial(_body, work, execution), hub) for work in works]
        for work in works:
            execution.add(work.name)
        while (unit := execution.pick()) != NOBODY:
            units[unit].switch()
            if not units[unit].dead:
                execution.park(unit)

    def locate(self, unit: int) -> tuple[str, int]:
        """Return the line at which a greenlet gave way."""
        frame = self._greenlets[unit].gr_frame
        return (frame.f_code.co_filename, frame.f_lineno) if frame else ("", 0)


def _body(work: Work, execution: Execution) -> None:
    assert work.call is not None
    unit = execution.current
    try:
        result = work.call()
    except Exception as error:
        execution.end(unit, error=error)
    else:
        execution.end(unit, result)
