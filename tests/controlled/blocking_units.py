"""Units that share a thread and wait by the means of threads, and a search of them."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import gevent
import pytest

from harness.controlled.gevent_greenlets import CONTROLLED as GEVENT
from harness.controlled.greenlets import CONTROLLED as GREENLETS
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.core.control import ControlledHost
from harness.core.exploration import Exploration
from harness.core.verdict import Outcome
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from localimpl import Unit
from tests.explorer.explored import pause as switch_to_parent

Call = Callable[..., Any]
HOSTS = pytest.mark.parametrize("host", [TASKS, GEVENT, GREENLETS], ids=lambda host: host.name)


def searched(
    host: ControlledHost, *calls: Call, begin: Call | None = None, file: str = __file__
) -> Exploration:
    """Search all schedules of calls, with the locks of a file; right is that they end and return nothing."""
    program = Calls(calls, unit=host.unit, begin=begin, expect=[None] * len(calls))
    return explore(program, host, Limits(files=(file,)))


def unit(host: ControlledHost, before: Call, after: Call) -> Call:
    """Return what does one thing, lets others go on, and does the other."""
    if host.unit is Unit.TASK:

        async def task(*given: Any) -> None:
            before(*given)
            await asyncio.sleep(0)
            after(*given)

        return task

    def greenlet(*given: Any) -> None:
        before(*given)
        gevent.sleep(0) if host is GEVENT else switch_to_parent()
        after(*given)

    return greenlet


def nothing(*given: Any) -> None:
    """Do nothing."""


def told(found: Exploration) -> str:
    assert found.outcome is Outcome.MIXED, (found.outcome, found.reason)
    assert found.explanation is not None
    assert found.explanation.kind == "deadlock"
    return found.explanation.sentence


def new_lock() -> threading.Lock:
    return threading.Lock()


def takes(lock: threading.Lock) -> None:
    lock.acquire()


def gives(lock: threading.Lock) -> None:
    lock.release()
