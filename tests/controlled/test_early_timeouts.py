"""On every host with a clock, a time-out fires before its time only as a choice, which the default never takes."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import gevent
import pytest
from gevent.event import Event as GeventEvent

from harness.controlled.gevent_greenlets import CONTROLLED as GREENLETS
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.controlled.threads import CONTROLLED as THREADS
from harness.core.control import ControlledHost, Strategy, StrategyOptions, Work
from harness.core.execution import PATIENCE, Execution, Fate
from harness.core.feasibility import Feasibility
from harness.core.history import History
from harness.explorer.schedule import Ran
from harness.schedulers.in_turn import STRATEGY as IN_TURN
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED

Make = Callable[[int], Sequence[Work]]
LONG = PATIENCE * 3
FOR_EVER = 0


def on_tasks(pauses: int) -> Sequence[Work]:
    """Let one unit wait for 5 s for another that pauses so often, or until the wait has run out, and then sets it."""
    event = asyncio.Event()
    over: list[bool] = []

    async def waits() -> bool:
        try:
            await asyncio.wait_for(event.wait(), 5)
        except TimeoutError:
            over.append(True)
        return not over

    async def pausing() -> None:
        done = 0
        while not over and (pauses == FOR_EVER or done < pauses):
            done += 1
            await asyncio.sleep(0)
        event.set()

    return [Work("waits", waits), Work("a", pausing), Work("b", pausing)]


def blocking(pauses: int, event: Any, pause: Callable[[float], object]) -> Sequence[Work]:
    over: list[bool] = []

    def waits() -> bool:
        event.wait(5)
        over.extend([True] * (not event.is_set()))
        return not over

    def pausing() -> None:
        done = 0
        while not over and (pauses == FOR_EVER or done < pauses):
            done += 1
            pause(0)
        event.set()

    return [Work("waits", waits), Work("a", pausing), Work("b", pausing)]


def on_threads(pauses: int) -> Sequence[Work]:
    return blocking(pauses, threading.Event(), time.sleep)


def on_greenlets(pauses: int) -> Sequence[Work]:
    return blocking(pauses, GeventEvent(), gevent.sleep)


EACH = pytest.mark.parametrize(
    ("host", "make"),
    [(TASKS, on_tasks), (THREADS, on_threads), (GREENLETS, on_greenlets)],
    ids=["tasks", "threads", "greenlets"],
)


def ran(
    host: ControlledHost,
    make: Callable[[], Sequence[Work]],
    most: int,
    bound: int = 0,
    strategy: Strategy = PREEMPTION_BOUNDED,
) -> list[Execution]:
    """Run schedules, the default first."""
    found: list[Execution] = []
    scheduler = strategy.make(StrategyOptions(bound=bound))
    with host.open() as control:
        while len(found) < most and scheduler.begin():
            found.append(Execution(scheduler))
            control.run(make(), found[-1])
            scheduler.done(found[-1])
    assert {execution.fate for execution in found} == {Fate.DONE}
    return found


@EACH
def test_a_unit_that_pauses_often_does_not_let_a_timeout_fire(host: ControlledHost, make: Make) -> None:
    (execution,) = ran(host, lambda: make(LONG), most=1)
    assert "clock" in execution.names
    assert execution.results[0] is True


@EACH
def test_that_it_fires_early_is_a_choice_for_which_a_timer_must_be_early(
    host: ControlledHost, make: Make
) -> None:
    found = ran(host, lambda: make(2), most=200, bound=1)
    late = [execution for execution in found if not execution.results[0]]
    assert found[0] not in late
    graded = {Ran(execution, History(), None).needs() for execution in late}
    assert Feasibility.JITTER in graded
    # Where nobody else has begun, the wait runs out in a world of one request after the other, too.
    assert graded <= {Feasibility.JITTER, Feasibility.SEQUENTIAL}


@EACH
def test_units_that_go_round_until_it_fires_come_to_its_time(host: ControlledHost, make: Make) -> None:
    (execution,) = ran(host, lambda: make(FOR_EVER), most=1)
    assert execution.results[0] is False


@EACH
def test_one_after_the_other_a_wait_for_who_comes_later_runs_out(host: ControlledHost, make: Make) -> None:
    found = ran(host, lambda: make(2), most=20, strategy=IN_TURN)
    first = [execution for execution in found if execution.ran[0] == 0]
    assert [execution.results[0] for execution in first] == [False] * len(first)
    assert {execution.results[0] for execution in found if execution not in first} == {True}
    assert {Ran(execution, History(), None).needs() for execution in found} == {Feasibility.SEQUENTIAL}


def test_a_timer_is_early_that_fires_while_what_it_limits_can_go_on() -> None:
    async def works() -> None:
        for _ in range(2):
            await asyncio.sleep(0)

    async def limits() -> bool:
        task = asyncio.create_task(works())
        done, _ = await asyncio.wait([task], timeout=5)
        return bool(done)

    found = ran(TASKS, lambda: [Work("r1", limits), Work("r2", works)], most=200)
    graded = {(execution.results[0], Ran(execution, History(), None).needs()) for execution in found}
    assert {needs for in_time, needs in graded if not in_time} == {Feasibility.JITTER}
    assert (True, Feasibility.SEQUENTIAL) in graded
