"""Tasks under a scheduler: how many schedules there are, and that what they can mix up is found."""

import asyncio
import sys
from contextvars import ContextVar
from typing import Any

import pytest

from harness.controlled.tasks import CONTROLLED
from harness.core.control import StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.core.steps import PAUSE, Await, Cancel, Join, Offload, Script, Spawn
from harness.schedulers.fifo import STRATEGY as FIFO
from tests.controlled.task_schedules import Works, calls, in_turns, outcomes, schedules


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


def python_tasks(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
    return vars(asyncio.tasks)["_PyTask"](coro, loop=loop, **options)


FACTORIES = [None, python_tasks, *filter(None, [getattr(asyncio, "eager_task_factory", None)])]


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda each: getattr(each, "__name__", "tasks of C"))
def test_a_task_factory_makes_units_too(factory: Any) -> None:
    async def child(pauses: int) -> None:
        for _ in range(pauses):
            await asyncio.sleep(pauses)
        lock = asyncio.Lock()
        async with lock:
            await asyncio.sleep(0)

    async def parent() -> list[str]:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        assert loop.get_task_factory() is factory
        tasks = [asyncio.create_task(child(0)), asyncio.create_task(child(2), name="second")]
        await asyncio.gather(*tasks)
        return [task.get_name() for task in tasks]

    found = list(schedules(calls(parent, three_segments), bound=1))
    assert {tuple(each.results[0]) for each in found} == {("r1/1", "second")}
    assert {each.fate for each in found} == {Fate.DONE}
    assert {frozenset(each.names) for each in found} == {frozenset({"r1", "r2", "r1/1", "r1/2"})}


@pytest.mark.parametrize("factory", FACTORIES[1:], ids=lambda each: each.__name__)
def test_a_task_of_a_factory_waits_like_any_other(factory: Any) -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    async def parent() -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        await asyncio.create_task(waits())

    (only,) = schedules(calls(parent))
    assert only.fate is Fate.DEADLOCK
    assert [only.waiting[unit].partition(",")[0] for unit in (0, 1)] == [
        "task r1/1",
        "an Event that nobody has set",
    ]


@pytest.mark.skipif(sys.version_info < (3, 14), reason="not applicable: this is there since 3.14")
def test_a_task_may_begin_at_once() -> None:
    async def child(pauses: int) -> list[str]:
        task = asyncio.current_task()
        assert task is not None
        names = [task.get_name()]
        for _ in range(pauses):
            await asyncio.sleep(0)
        return names

    async def parent() -> Any:
        begin: Any = asyncio.create_task
        tasks = [begin(child(pauses), eager_start=True) for pauses in (0, 0, 1)]
        begun = [task.done() for task in tasks]
        return begun, [name for task in tasks for name in await task], tasks[2].get_name()

    (only,) = schedules(calls(parent))
    assert only.results[0] == ([True, True, False], ["Task-1", "Task-2", "Task-3"], "r1/1")


async def shields() -> str:
    inner = asyncio.create_task(asyncio.sleep(1, "kept"))
    outer = asyncio.shield(inner)
    outer.cancel()
    await asyncio.wait([outer])
    return f"{outer.cancelled()} {await inner}"


async def condition() -> str:
    ready: list[int] = []
    lock = asyncio.Condition()

    async def waits() -> int:
        async with lock:
            await lock.wait_for(lambda: ready)
            return ready.pop()

    async def notifies() -> None:
        async with lock:
            ready.append(1)
            lock.notify_all()

    return str((await asyncio.gather(waits(), notifies()))[0])


async def queue() -> str:
    items: asyncio.Queue[int] = asyncio.Queue(2)

    async def puts() -> None:
        for number in range(3):
            await items.put(number)
            await asyncio.sleep(0)

    task = asyncio.create_task(puts())
    told = [await items.get() for _ in range(3)]
    await task
    return str(told)


async def barrier() -> str:
    meeting = asyncio.Barrier(2)
    return str(sorted(await asyncio.gather(meeting.wait(), meeting.wait())))


async def semaphore() -> str:
    most, inside = 0, 0
    limit = asyncio.Semaphore(2)

    async def enters() -> None:
        nonlocal most, inside
        async with limit:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(enters(), enters(), enters())
    return str(most <= 2)


async def first_completed() -> str:
    tasks = {asyncio.create_task(asyncio.sleep(delay)) for delay in (1, 2)}
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return f"{type(done).__name__} {len(done) + len(pending)}"


async def group_fails() -> str:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            other = group.create_task(asyncio.Event().wait())
    except ExceptionGroup as errors:
        return f"{type(errors.exceptions[0]).__name__} {other.cancelled()}"
    return "nothing"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (shields, "True kept"),
        (condition, "1"),
        (queue, "[0, 1, 2]"),
        (barrier, "[0, 1]"),
        (semaphore, "True"),
        (first_completed, "set 2"),
        (group_fails, "ValueError True"),
    ],
)
def test_what_asyncio_offers_does_the_same_in_every_schedule(call: Any, told: str) -> None:
    found = outcomes(calls(call), bound=3)
    assert set(found) == {(told,)}
    assert found.total() > 1


def test_a_cancellation_between_set_and_reset_is_found() -> None:
    """As of a client that goes away while the value of another is in place."""

    def works() -> list[Work]:
        user = {"name": "nobody"}

        async def request() -> None:
            user["name"] = "alice"
            await asyncio.sleep(0)
            user["name"] = "nobody"

        async def leaves() -> str:
            task = asyncio.create_task(request())
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.wait([task])
            return user["name"]

        return [Work("r1", leaves)]

    assert set(outcomes(works)) == {("nobody",), ("alice",)}


def test_a_schedule_with_too_many_steps_is_given_up_and_leaves_nothing() -> None:
    tasks: list[Any] = []

    async def forever() -> None:
        tasks.append(asyncio.current_task())
        await asyncio.create_task(asyncio.sleep(0))
        await asyncio.create_task(forever())

    execution = Execution(FIFO.make(StrategyOptions()), cap=200)
    with CONTROLLED.open() as control:
        control.run([Work("r1", forever)], execution)
    assert execution.fate is Fate.CAPPED
    assert len(tasks) >= 50
    assert all(task.done() for task in tasks)


def test_an_ended_task_leaves_its_address_to_a_later_one() -> None:
    """Or what is kept by the id of a task would never meet a recycled one, as it does on a server."""
    ids: list[int] = []

    def visit(label: str) -> Script[None]:
        ids.append(id(asyncio.current_task()))
        return
        yield

    execution = in_turns(lambda: [Work("r1", visits=[(1, visit)] * 5)])
    assert execution.fate is Fate.DONE
    assert len(set(ids)) < len(ids)
