"""Tells where the unit that runs on a thread may be switched out, as closely as this interpreter can."""

import sys
from collections.abc import Callable
from typing import Protocol

from harness.core.control import Watch
from harness.core.points import Point

TRACES = sys.version_info < (3, 12)
"""Whether it sets trace functions; else it has the interpreter report the switch points alone."""


class Watcher(Protocol):
    """Reports the switch points that units of this process come by, each on the unit's own thread."""

    def watch(self, watch: Watch) -> None:
        """Report these switch points from the next ``enter`` on; below the level of GIL switches none, at no cost."""

    def enter(self) -> None:
        """Begin to report what is called on this thread from now on; frames that run already are left out."""

    def leave(self) -> None:
        """End it, and give the thread back to whoever traced it before."""

    def close(self) -> None:
        """Give back all that was taken of the interpreter."""


def make_watcher(reach: Callable[[Point], None]) -> Watcher:
    """Make the watcher of this interpreter; it calls ``reach`` where a unit may be switched out, before that.

    What ``reach`` raises goes on in the unit, of which no more is reported until it enters again.
    """
    if TRACES:
        from harness.controlled._points.tracing import TracingWatcher

        return TracingWatcher(reach)
    from harness.controlled._points.monitoring import MonitoringWatcher

    return MonitoringWatcher(reach)
