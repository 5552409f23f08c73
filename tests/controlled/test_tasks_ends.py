"""How schedules of tasks end: deadlocks explain themselves, and nothing is left for the next schedule."""

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any
from weakref import ref

import pytest

from harness.controlled.tasks import CONTROLLED
from harness.core.control import StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.schedulers.fifo import STRATEGY as FIFO
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED
from tests.controlled.task_schedules import calls, in_turns, schedules


def test_a_task_left_behind_goes_on_a_little_and_is_then_cancelled() -> None:
    cancelled: list[str] = []

    def works() -> Any:
        told: list[str] = []

        async def late() -> None:
            await asyncio.sleep(1)
            told.append("late")

        async def forever() -> None:
            try:
                while True:  # noqa: ASYNC110
                    await asyncio.sleep(1)
            finally:
                cancelled.append("forever")

        async def waits() -> None:
            try:
                await asyncio.Queue[int]().get()
            finally:
                cancelled.append("waits")

        async def leaves() -> list[str]:
            keep.extend(asyncio.create_task(call()) for call in (late, forever, waits))
            return told

        return calls(leaves)()

    keep: list[Any] = []
    only = in_turns(works)
    assert only.fate is Fate.DONE
    assert only.results[0] == ["late"]
    assert sorted(cancelled) == ["forever", "waits"]
    assert all(task.done() for task in keep)


def test_units_of_a_deadlock_are_cancelled_and_may_clean_up() -> None:
    cleaned: list[float] = []

    async def waits() -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_future()
        finally:
            await asyncio.sleep(5)
            await asyncio.create_task(asyncio.sleep(2))
            await asyncio.to_thread(cleaned.append, loop.time())

    assert in_turns(calls(waits)).fate is Fate.DEADLOCK
    assert cleaned == [7.0]


def test_a_task_that_swallows_its_cancellation_once_is_cancelled_again() -> None:
    async def stubborn() -> None:
        for _ in range(3):
            with suppress(asyncio.CancelledError):
                await asyncio.get_running_loop().create_future()

    assert in_turns(calls(stubborn)).fate is Fate.DEADLOCK


def test_a_task_that_cannot_be_stopped_is_told_and_does_not_reach_the_next_schedule() -> None:
    seen: list[int] = []

    async def unstoppable() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)

    async def leaves() -> None:
        seen.append(len(asyncio.all_tasks()))
        keep.append(asyncio.create_task(unstoppable()))
        await asyncio.sleep(0)

    keep: list[Any] = []

    with CONTROLLED.open() as control:
        found = [Execution(FIFO.make(StrategyOptions())) for _ in range(2)]
        for execution in found:
            control.run(calls(leaves)(), execution)
    assert [each.fate for each in found] == [Fate.UNCONTROLLED] * 2
    assert "r1/1 cannot be stopped" in found[0].trouble
    assert seen == [1, 1]


def test_a_generator_that_is_left_half_way_is_closed() -> None:
    closed: list[str] = []

    def works() -> Any:
        async def numbers(name: str) -> AsyncGenerator[int, None]:
            try:
                for number in range(3):
                    await asyncio.sleep(0)
                    yield number
            finally:
                await asyncio.sleep(1)
                closed.append(name)

        async def drops() -> None:
            async for _ in numbers("dropped"):
                break
            await asyncio.sleep(0)

        async def keeps() -> None:
            kept.append(numbers("kept"))
            await anext(kept[-1])

        async def closes() -> None:
            async with aclosing(numbers("closed")) as generator:
                await anext(generator)

        return calls(drops, keeps, closes)()

    kept: list[AsyncGenerator[int, None]] = []
    assert in_turns(works).fate is Fate.DONE
    assert sorted(closed) == ["closed", "dropped", "kept"]


def test_what_nobody_asked_for_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    handled: list[str] = []

    async def fails() -> None:
        raise ValueError

    async def leaves() -> None:
        task = asyncio.create_task(fails())
        await asyncio.sleep(0)
        del task
        gc.collect()
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: 1 / 0)
        loop.create_future().set_exception(ValueError())
        await asyncio.sleep(0)
        loop.set_exception_handler(lambda loop, context: handled.append(type(context["exception"]).__name__))
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(0)

    assert all(each.fate is Fate.DONE for each in schedules(calls(leaves)))
    gc.collect()
    assert capfd.readouterr() == ("", "")
    assert set(handled) == {"ZeroDivisionError"}


@pytest.mark.parametrize("error", [ValueError, SystemExit, asyncio.CancelledError])
def test_what_a_unit_raises_is_its_end(error: type[BaseException]) -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise error

    async def lives() -> str:
        await asyncio.sleep(0)
        return "lives"

    for execution in schedules(calls(fails, lives)):
        assert execution.fate is Fate.DONE
        assert isinstance(execution.errors[0], error)
        assert execution.results == [None, "lives"]


def test_ctrl_c_ends_the_schedule_and_stops_what_is_left() -> None:
    cleaned: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            cleaned.append("waits")

    async def interrupted() -> None:
        await asyncio.sleep(2)
        raise KeyboardInterrupt

    async def quick() -> str:
        return "quick"

    scheduler = PREEMPTION_BOUNDED.make(StrategyOptions())
    with CONTROLLED.open() as control:
        scheduler.begin()
        with pytest.raises(KeyboardInterrupt):
            control.run([Work("r1", interrupted), Work("r2", waits)], Execution(scheduler))
        assert cleaned in (["waits"], [])
        again = Execution(scheduler)
        control.run([Work("r1", quick)], again)
        assert again.results == ["quick"]


def test_a_task_group_cancels_its_children_in_the_same_order_each_time() -> None:
    def works() -> Any:
        order: list[int] = []

        async def waits(number: int) -> None:
            try:
                await asyncio.sleep(10)
            finally:
                order.append(number)

        async def fails() -> None:
            await asyncio.sleep(1)
            raise ValueError

        async def groups() -> list[int]:
            try:
                async with asyncio.TaskGroup() as group:
                    for number in range(5):
                        group.create_task(waits(number))
                    group.create_task(fails())
            except* ValueError:
                pass
            return order

        return calls(groups)()

    keep = [in_turns(works) for _ in range(30)]
    assert {tuple(each.results[0]) for each in keep} == {tuple(keep[0].results[0])}
    assert sorted(keep[0].results[0]) == list(range(5))


def test_as_completed_begins_its_coroutines_in_their_order() -> None:
    async def numbered(number: int) -> int:
        task = asyncio.current_task()
        assert task is not None
        assert task.get_name() == f"r1/{number}"
        return number

    async def collects() -> list[int]:
        return [await each for each in asyncio.as_completed([numbered(number) for number in range(1, 9)])]

    keep = [in_turns(calls(collects)) for _ in range(30)]
    assert all(each.results[0] == list(range(1, 9)) for each in keep)


def test_a_task_that_has_ended_is_gone_before_the_next_is_picked() -> None:
    async def first() -> None:
        await asyncio.sleep(0)
        ended.append(ref(asyncio.current_task(), lambda _: steps.append(len(execution.ran))))

    async def second() -> None:
        pass

    ended: list[ref[Any]] = []
    steps: list[int] = []
    scheduler = PREEMPTION_BOUNDED.make(StrategyOptions())
    scheduler.begin()
    execution = Execution(scheduler)
    with CONTROLLED.open() as control:
        control.run(calls(first, second)(), execution)
    assert execution.ran == [0, 0, 1]
    assert steps == [2]


def test_two_thousand_schedules_leave_nothing() -> None:
    lock = asyncio.Lock()

    def works() -> Any:
        async def child() -> None:
            async with lock:
                await asyncio.sleep(1)

        async def request() -> None:
            async with asyncio.timeout(60):
                await asyncio.gather(child(), child())

        return calls(request, request)()

    threads, hooks, count = threading.active_count(), sys.get_asyncgen_hooks(), 0
    loops = set()
    with CONTROLLED.open() as control:
        scheduler = PREEMPTION_BOUNDED.make(StrategyOptions(bound=2))
        while count < 2_000 and scheduler.begin():
            execution = Execution(scheduler)
            control.run(works(), execution)
            scheduler.done(execution)
            count += 1
            assert execution.fate is Fate.DONE
            assert asyncio._get_running_loop() is None
            loops.add(vars(control)["_loop"])
        # The loop remembers the schedule that it ran last.
        control.run([], Execution(scheduler))
    assert count == 2_000
    assert len(loops) == 1
    assert not lock.locked()
    assert threading.active_count() == threads
    assert sys.get_asyncgen_hooks() == hooks
    del execution, scheduler
    gc.collect()
    tasks = [each for each in gc.get_objects() if isinstance(each, asyncio.Task)]
    assert not [task for task in tasks if task.get_loop() in loops]
