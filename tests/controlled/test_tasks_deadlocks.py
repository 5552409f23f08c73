"""Deadlocks of tasks explain themselves: who waits for what, who holds it, and at which line."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from harness.core.execution import Fate
from tests.controlled.task_schedules import calls, outcomes, schedules


def deadlock(works: Callable[[], Any]) -> dict[str, str]:
    """Return what each unit waits for in the first deadlock."""
    for execution in schedules(works, bound=1):
        if execution.fate is Fate.DEADLOCK:
            return {execution.names[unit]: told for unit, told in execution.waiting.items()}
    raise AssertionError("no deadlock")


def test_two_locks_taken_crosswise() -> None:
    def works() -> Any:
        one, two = asyncio.Lock(), asyncio.Lock()

        async def takes(first: asyncio.Lock, second: asyncio.Lock) -> None:
            async with first:
                await asyncio.sleep(0)
                async with second:
                    pass

        return calls(lambda: takes(one, two), lambda: takes(two, one))()

    found = deadlock(works)
    assert set(found) == {"r1", "r2"}
    assert found["r1"].startswith("a Lock that r2 holds, at test_tasks_deadlocks.py:")
    assert found["r2"].startswith("a Lock that r1 holds, at test_tasks_deadlocks.py:")


def test_crosswise_locks_are_no_deadlock_when_taken_in_one_order() -> None:
    def works() -> Any:
        one, two = asyncio.Lock(), asyncio.Lock()

        async def takes() -> None:
            async with one:
                await asyncio.sleep(0)
                async with two:
                    pass

        return calls(takes, takes)()

    assert set(outcomes(works, bound=2)) == {(None, None)}


async def waits_for_an_event() -> None:
    await asyncio.Event().wait()


async def waits_for_a_queue() -> None:
    await asyncio.Queue[int]().get()


async def fills_a_queue() -> None:
    queue = asyncio.Queue[int](1)
    await queue.put(1)
    await queue.put(2)


async def waits_for_a_barrier() -> None:
    await asyncio.Barrier(2).wait()


async def takes_a_lock_twice() -> None:
    lock = asyncio.Lock()
    async with lock, lock:
        pass


async def waits_for_a_condition() -> None:
    condition = asyncio.Condition()
    async with condition:
        await condition.wait()


async def waits_for_a_semaphore() -> None:
    semaphore = asyncio.Semaphore(1)
    await semaphore.acquire()
    await semaphore.acquire()


async def waits_for_a_future() -> None:
    await asyncio.get_running_loop().create_future()


async def waits_for_a_task() -> None:
    await asyncio.create_task(waits_for_a_future())


async def gathers() -> None:
    await asyncio.gather(asyncio.sleep(0), waits_for_a_future(), waits_for_a_future())


async def waits_for_a_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(waits_for_a_future())


async def waits_for_some() -> None:
    await asyncio.wait([asyncio.create_task(waits_for_a_future())])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (waits_for_an_event, "an Event that nobody has set"),
        (waits_for_a_queue, "a Queue that is empty"),
        (fills_a_queue, "a Queue that is full"),
        (waits_for_a_barrier, "a Barrier"),
        (takes_a_lock_twice, "a Lock that r1 holds"),
        (waits_for_a_condition, "a Condition that nobody has notified"),
        (waits_for_a_semaphore, "a Semaphore"),
        (waits_for_a_future, "a future that nobody has set"),
        (waits_for_a_task, "task r1/1"),
        (gathers, "the tasks that it gathers r1/2, r1/3"),
        (waits_for_a_group, "the tasks of its TaskGroup r1/1"),
        (waits_for_some, "tasks r1/1"),
    ],
)
def test_what_a_task_waits_for_is_told(call: Callable[[], Any], told: str) -> None:
    found = deadlock(calls(call))["r1"]
    what, _, place = found.partition(", at ")
    assert what == told
    first = call.__code__.co_firstlineno
    file, _, line = place.partition(":")
    assert file == "test_tasks_deadlocks.py"
    assert first < int(line) < first + 6
