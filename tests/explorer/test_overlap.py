"""What counts as a unit that ran while another was under way, and what is said where none did."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import gevent
import gevent.event
import gevent.monkey
import pytest

from harness.controlled.gevent_greenlets import CONTROLLED as GEVENT
from harness.controlled.greenlets import CONTROLLED as GREENLETS
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.core.control import ControlledHost
from harness.core.exploration import Exploration
from harness.core.history import Probe
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Outcome
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from harness.explorer.schedule import overlap
from tests.explorer.explored import Requests, View
from tests.explorer.test_needed_schedulers import ran

ALONE = "no unit could run while another was under way"


def searched(
    *calls: Callable[..., Any], host: ControlledHost = TASKS, begin: Any = None, expect: Any = None
) -> Exploration:
    return explore(Calls(calls, unit=host.unit, begin=begin, expect=expect), host, Limits())


async def puts(queue: asyncio.Queue[int]) -> None:
    await queue.put(1)
    await queue.put(2)


async def gets(queue: asyncio.Queue[int]) -> list[int]:
    return [await queue.get(), await queue.get()]


def test_units_that_only_ever_wait_for_each_other_overlap() -> None:
    found = searched(puts, gets, begin=lambda: asyncio.Queue(1), expect=[None, [1, 2]])
    assert (found.outcome, found.contested) == (Outcome.ISOLATED, 0)


def test_greenlets_of_which_one_waits_for_what_the_other_sets_overlap() -> None:
    found = searched(
        lambda result: result.set(1), lambda result: result.get(), host=GEVENT, begin=gevent.event.AsyncResult
    )
    assert found.outcome is Outcome.ISOLATED


USER: ContextVar[str] = ContextVar("USER")


def stays(name: str) -> str:
    USER.set(name)
    return USER.get()


def on_a_thread(name: str) -> Callable[[], Any]:
    async def call() -> str:
        return await asyncio.to_thread(stays, name)

    return call


def test_tasks_that_wait_for_functions_on_threads_overlap() -> None:
    assert searched(on_a_thread("alice"), on_a_thread("bob")).outcome is Outcome.ISOLATED


async def never_awaits() -> int:
    return 1


def test_tasks_that_never_await_have_no_chance_to_disturb_each_other() -> None:
    found = searched(never_awaits, never_awaits)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert ALONE in found.reason


@pytest.mark.parametrize(
    ("names", "steps", "overlaps"),
    [
        ("a b", "0011", False),
        ("a b", "0101", True),
        ("a a/1 b b/1", "010232", False),
        ("a a/1 b b/1", "021302", True),
        ("a a/1 b", "02120", True),
    ],
    ids=["in turn", "preempted", "each its own child", "across families", "round another"],
)
def test_a_schedule_overlaps_where_a_unit_runs_between_two_steps_of_another(
    names: str, steps: str, overlaps: bool
) -> None:
    assert overlap(ran(names, steps).execution) is overlaps


class Failing(Requests):
    """Says which request failed."""

    def shortfall(self) -> str:
        return "r1 failed: AttributeError: user"


def fails(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Is noted as failed, and goes on."""
    own.failed("AttributeError: user")
    return
    yield PAUSE


def raises(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Ends in an error."""
    raise AttributeError("user")
    yield PAUSE


def stays_alone(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Lets nobody in."""
    return
    yield PAUSE


@pytest.mark.parametrize("view", [fails, raises])
def test_of_a_failure_nothing_is_said_that_comes_of_it(view: View) -> None:
    found = explore(Failing(view), GREENLETS, Limits())
    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, "r1 failed: AttributeError: user")


def test_what_never_came_is_said_beside_what_to_do() -> None:
    found = explore(Failing(stays_alone), GREENLETS, Limits())
    assert found.reason.startswith(f"r1 failed: AttributeError: user; {ALONE}")


def test_a_patched_process_is_not_told_to_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    def advice() -> str:
        return searched(int, int, host=GEVENT).reason.partition(ALONE)[2]

    assert "has not patched the process" in advice()
    monkeypatch.setattr(gevent.monkey, "is_module_patched", lambda name: name == "time")
    assert "call gevent.sleep or time.sleep" in advice()
    assert "patched" not in advice()
    assert "gevent" not in searched(never_awaits, never_awaits).reason
