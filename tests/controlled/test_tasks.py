"""Tasks under a scheduler: how many schedules there are, and that what they can mix up is found."""

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from harness.core.control import Work
from harness.core.execution import Fate
from harness.core.steps import PAUSE, Await, Cancel, Join, Offload, Script, Spawn
from tests.controlled.task_schedules import Works, calls, outcomes, schedules


async def three_segments() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def three_naps() -> None:
    await asyncio.sleep(2)
    await asyncio.sleep(1)


def script_of_three(label: str) -> Script[None]:
    yield PAUSE
    yield PAUSE


def two_scripts() -> list[Work]:
    return [Work("r1", visits=[(1, script_of_three)]), Work("r2", visits=[(2, script_of_three)])]


@pytest.mark.parametrize(
    "works",
    [calls(three_segments, three_segments), two_scripts, calls(three_naps, three_naps)],
    ids=["coroutines", "scripts", "sleepers"],
)
@pytest.mark.parametrize(("bound", "count"), [(None, 20), (0, 2), (1, 6), (2, 14), (3, 18)])
def test_two_units_of_three_segments(works: Works, bound: int | None, count: int) -> None:
    found = list(schedules(works, bound))
    assert len(found) == len({tuple(each.ran) for each in found}) == count
    assert all(each.fate is Fate.DONE for each in found)


def overwritten(late: int, *, fixed: bool) -> Works:
    """Two requests put their names where both look for them; the second comes so many pauses later."""

    def works() -> list[Work]:
        var: ContextVar[str] = ContextVar("user")
        module = {"user": ""}

        async def request(name: str, pauses: int) -> str:
            for _ in range(pauses):
                await asyncio.sleep(0)
            var.set(name)
            module["user"] = name
            await asyncio.sleep(0)
            return var.get() if fixed else module["user"]

        return [Work("r1", lambda: request("r1", 0)), Work("r2", lambda: request("r2", late))]

    return works


@pytest.mark.parametrize("late", [1, 5, 30])
def test_a_global_that_is_overwritten_later_is_found_with_one_preemption(late: int) -> None:
    found = [each.results != ["r1", "r2"] for each in schedules(overwritten(late, fixed=False), bound=1)]
    assert found.index(True) < 5


@pytest.mark.parametrize("bound", [2, 3])
def test_a_context_variable_is_never_overwritten(bound: int) -> None:
    assert set(outcomes(overwritten(5, fixed=True), bound)) == {("r1", "r2")}


def test_each_request_of_a_client_has_a_task_and_a_context_of_its_own() -> None:
    var: ContextVar[str] = ContextVar("user", default="nobody")
    seen: list[tuple[str, str]] = []
    tasks: set[Any] = set()

    def visit(label: str) -> Script[None]:
        seen.append((label, var.get()))
        tasks.add(asyncio.current_task())
        var.set(label)
        yield PAUSE

    (only,) = schedules(lambda: [Work("r1", visits=[(1, visit), (2, visit)])])
    assert seen == [("r1-task-0", "nobody"), ("r1-task-1", "nobody")]
    assert len(tasks) == 2
    assert only.names == ["r1"]


def test_requests_of_clients_take_turns_without_a_preemption_inside_of_one() -> None:
    def works() -> list[Work]:
        order: list[str] = []

        def visit(label: str) -> Script[None]:
            order.append(label)
            return
            yield

        def report(label: str) -> Script[None]:
            raise RuntimeError(" ".join(order))
            yield

        return [Work("r1", visits=[(1, visit), (2, report)]), Work("r2", visits=[(3, visit)])]

    told = {str(each.errors[0]) for each in schedules(works, bound=1)}
    assert told == {"r1-task-0", "r1-task-0 r2-task-0", "r2-task-0 r1-task-0"}


def test_a_value_set_in_one_schedule_does_not_reach_the_next() -> None:
    var: ContextVar[int] = ContextVar("count", default=0)

    async def count() -> int:
        var.set(var.get() + 1)
        await asyncio.create_task(asyncio.sleep(0))
        return var.get()

    assert set(outcomes(calls(count, count))) == {(1, 1)}


def test_a_child_has_a_copy_of_its_creators_context_and_a_name_after_it() -> None:
    var: ContextVar[str] = ContextVar("user")

    async def child() -> str:
        seen = var.get()
        var.set("child")
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return f"{task.get_name()} saw {seen}"

    async def parent() -> str:
        var.set("parent")
        told = await asyncio.gather(child(), child())
        return f"{told[0]}, {told[1]}, then {var.get()}"

    found = list(schedules(calls(parent)))
    assert {each.results[0] for each in found} == {"r1/1 saw parent, r1/2 saw parent, then parent"}
    assert {tuple(each.names) for each in found} == {("r1", "r1/1", "r1/2")}
    # Two children of two segments each: C(4, 2); the callbacks of gather are no choices.
    assert len(found) == 6


def test_steps_of_scripts() -> None:
    def child(label: str) -> Script[str]:
        yield PAUSE
        return label

    async def native() -> str:
        await asyncio.sleep(0)
        return "awaited"

    told: list[Any] = []

    def visit(label: str) -> Script[None]:
        handle = yield Spawn(child("child"))
        told.append((yield Offload(lambda: "offloaded")))
        told.append((yield Await(native())))
        told.append((yield Join(handle)))
        try:
            yield Cancel()
        finally:
            told.append("cancelled")

    for execution in schedules(lambda: [Work("r1", visits=[(1, visit)])], most=10):
        assert execution.fate is Fate.DONE
        assert execution.errors[0] is None
        assert execution.names == ["r1", "r1/1", "r1/thread"]
        assert told == ["offloaded", "awaited", "child", "cancelled"]
        told.clear()
