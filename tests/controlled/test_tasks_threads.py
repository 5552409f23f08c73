"""Functions on threads are units that run whole; other threads, sockets and processes are refused by name."""

import asyncio
import concurrent.futures
import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary, ref

import pytest
from greenlet import getcurrent

from harness.controlled.tasks import CONTROLLED
from harness.core.control import StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.schedulers.fifo import STRATEGY as FIFO
from tests.controlled.task_schedules import calls, outcomes, schedules

since_3_14 = pytest.mark.skipif(sys.version_info < (3, 14), reason="not applicable: this is there since 3.14")


def test_a_function_on_a_thread_is_a_unit_that_runs_whole_when_it_is_picked() -> None:
    def works() -> Any:
        seen: list[str] = []

        async def offloads() -> str:
            await asyncio.to_thread(seen.append, "thread")
            return " ".join(seen)

        async def writes() -> None:
            seen.append("task")

        return calls(offloads, writes)()

    found = list(schedules(works))
    assert {tuple(each.names) for each in found} == {("r1", "r2", "r1/thread")}
    assert {each.results[0] for each in found} == {"thread", "task thread", "thread task"}


def test_to_thread_copies_the_context_and_run_in_executor_has_none() -> None:
    var: ContextVar[str] = ContextVar("user", default="nobody")

    async def offloads() -> tuple[str, ...]:
        loop = asyncio.get_running_loop()
        var.set("r1")
        with ThreadPoolExecutor() as pool:
            return (
                await asyncio.to_thread(var.get),
                await loop.run_in_executor(None, var.get),
                await loop.run_in_executor(pool, var.get),
                threading.current_thread().name,
                await asyncio.to_thread(lambda: threading.current_thread().name),
            )

    assert outcomes(calls(offloads)) == {(("r1", "nobody", "nobody", "MainThread", "asyncio_0"),): 1}


INHERITS = """
import asyncio
import sys
from contextvars import ContextVar
from threading import Thread

from tests.controlled.explored_threads import explore, works
from tests.controlled.task_schedules import calls, outcomes

user = ContextVar("user", default="nobody")


async def offloads(name):
    loop = asyncio.get_running_loop()
    user.set(name)
    return await loop.run_in_executor(None, user.get)


def make():
    seen = []

    def starts():
        user.set("ann")
        thread = Thread(target=lambda: seen.append(user.get()))
        thread.start()
        thread.join()

    return works(starts), lambda: seen[0]


found = outcomes(calls(lambda: offloads("ann"), lambda: offloads("bob")))
print(*sorted(found), *explore(make).outcomes)
"""


@since_3_14
@pytest.mark.parametrize(
    ("inherits", "told"),
    [(0, "('nobody', 'nobody') nobody"), (1, "('ann', 'ann') ('bob', 'bob') ann")],
)
def test_a_thread_inherits_the_context_in_which_it_was_begun_where_the_interpreter_is_told_so(
    inherits: int, told: str
) -> None:
    """As it is by itself where there is no GIL: what one left there, the next finds on the same thread."""
    words = [sys.executable, "-X", f"thread_inherit_context={inherits}", "-c", INHERITS]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip() == told


def test_all_schedules_share_one_thread() -> None:
    async def offloads() -> int:
        return await asyncio.to_thread(threading.get_native_id)

    before = threading.active_count()
    found = {each for ran in schedules(calls(offloads, offloads)) for each in ran.results[:2]}
    assert len(found) == 1
    assert threading.get_native_id() not in found
    assert threading.active_count() == before


LOCAL = threading.local()
VARIABLE: ContextVar[int] = ContextVar("count", default=0)
BY_GREENLET: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def count_in_local() -> int:
    LOCAL.count = getattr(LOCAL, "count", 0) + 1
    return int(LOCAL.count)


def count_in_variable() -> int:
    VARIABLE.set(VARIABLE.get() + 1)
    return VARIABLE.get()


def count_on_thread() -> int:
    facts = vars(threading.current_thread())
    facts["count"] = facts.get("count", 0) + 1
    return int(facts["count"])


def count_by_greenlet() -> int:
    mine = getcurrent()
    BY_GREENLET[mine] = BY_GREENLET.get(mine, 0) + 1
    return BY_GREENLET[mine]


@pytest.mark.parametrize("count", [count_in_local, count_in_variable, count_on_thread, count_by_greenlet])
def test_what_a_function_leaves_in_its_thread_reaches_the_same_schedule_alone(
    count: Callable[[], int],
) -> None:
    async def offloads() -> list[int]:
        loop = asyncio.get_running_loop()
        return [await loop.run_in_executor(None, count), await loop.run_in_executor(None, count)]

    found = [each.results[0] + each.results[1] for each in schedules(calls(offloads, offloads))]
    assert len(found) > 1
    assert {tuple(sorted(each)) for each in found} == {(1, 2, 3, 4)}


def name_the_thread(user: str) -> None:
    LOCAL.user = user


def test_an_executor_has_a_thread_of_its_own_that_its_initializer_has_prepared_once() -> None:
    began: list[str] = []

    def begin(user: str) -> None:
        began.append(user)
        name_the_thread(user)

    pool = ThreadPoolExecutor(2, "mine", begin, ("pool",))

    def user() -> tuple[str, str]:
        return getattr(LOCAL, "user", "nobody"), threading.current_thread().name

    async def asks() -> Any:
        loop = asyncio.get_running_loop()
        return [await loop.run_in_executor(executor, user) for executor in (pool, None, pool)]

    mine, other = ("pool", "mine_0"), ("nobody", "asyncio_0")
    found = list(schedules(calls(asks, asks), bound=1))
    assert all(each.results[:2] == [[mine, other, mine]] * 2 for each in found)
    assert len(began) == len(found)


def test_the_default_executor_that_a_program_sets_runs_what_names_none() -> None:
    pool = ThreadPoolExecutor(1, "set", name_the_thread, ("set",))

    async def sets() -> Any:
        asyncio.get_running_loop().set_default_executor(pool)
        return await asyncio.to_thread(lambda: LOCAL.user)

    async def later() -> str:
        return await asyncio.to_thread(lambda: threading.current_thread().name)

    assert outcomes(calls(sets)) == {("set",): 1}
    assert outcomes(calls(later)) == {("asyncio_0",): 1}


def test_an_executor_whose_initializer_fails_is_broken() -> None:
    def begin() -> None:
        raise KeyError

    pool = ThreadPoolExecutor(1, "broken", begin)

    async def asks() -> str:
        try:
            await asyncio.get_running_loop().run_in_executor(pool, print)
        except BrokenExecutor as error:
            return type(error.__cause__).__name__
        return "nothing"

    assert outcomes(calls(asks)) == {("KeyError",): 1}


def test_nothing_that_a_function_returned_outlives_its_schedule() -> None:
    made: list[ref[Any]] = []

    class Thing:
        pass

    def makes() -> Thing:
        thing = Thing()
        made.append(ref(thing))
        LOCAL.thing = thing
        return thing

    async def offloads() -> None:
        await asyncio.to_thread(makes)

    for number, _ in enumerate(schedules(calls(offloads, offloads)), 1):
        assert len(made) == 2 * number
        assert not any(each() for each in made)


@pytest.mark.parametrize("error", [ValueError, StopIteration, SystemExit])
def test_what_a_function_raises_is_raised_in_the_task(error: type[BaseException]) -> None:
    def fails() -> None:
        raise error

    async def offloads() -> str:
        try:
            await asyncio.to_thread(fails)
        except BaseException as raised:
            return type(raised).__name__
        return "nothing"

    expected = "RuntimeError" if error is StopIteration else error.__name__
    assert outcomes(calls(offloads)) == {(expected,): 1}


def test_a_function_whose_task_is_cancelled_before_it_begins_never_runs() -> None:
    ran: list[int] = []

    async def offloads() -> None:
        await asyncio.to_thread(ran.append, 1)

    async def cancels() -> list[int]:
        task = asyncio.create_task(offloads())
        await asyncio.sleep(0)
        begun = len(ran)
        task.cancel()
        await asyncio.wait([task])
        return ran[begun:]

    assert {len(each.results[0]) for each in schedules(calls(cancels))} == {0}
    assert ran


def test_a_function_may_call_back_into_the_loop() -> None:
    def works() -> Any:
        event = asyncio.Event()

        async def waits() -> str:
            await event.wait()
            return "set"

        async def offloads() -> None:
            loop = asyncio.get_running_loop()
            await asyncio.to_thread(loop.call_soon_threadsafe, event.set)

        return calls(waits, offloads)()

    assert set(outcomes(works)) == {("set", None)}


async def opens_a_connection() -> None:
    await asyncio.open_connection("127.0.0.1", 9)


async def receives() -> None:
    with socket.socket() as plain:
        await asyncio.get_running_loop().sock_recv(plain, 1)


async def starts_a_process() -> None:
    await asyncio.create_subprocess_exec("true")


async def handles_a_signal() -> None:
    asyncio.get_running_loop().add_signal_handler(10, print)


async def stops_the_loop() -> None:
    asyncio.get_running_loop().stop()


async def takes_processes() -> None:
    with ProcessPoolExecutor() as pool:
        await asyncio.get_running_loop().run_in_executor(pool, print)


async def takes_interpreters() -> None:
    with vars(concurrent.futures)["InterpreterPoolExecutor"]() as pool:
        await asyncio.get_running_loop().run_in_executor(pool, print)


async def waits_for_the_loop_on_a_thread() -> None:
    loop = asyncio.get_running_loop()
    with contextlib.closing(asyncio.sleep(0)) as nap:
        await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(nap, loop).result())


async def starts_a_thread() -> None:
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def calls_back() -> None:
        loop.call_soon_threadsafe(future.set_result, None)

    thread = threading.Thread(target=calls_back)
    thread.start()
    thread.join()
    await future


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (opens_a_connection, "real I/O"),
        (receives, "called sock_recv of the event loop"),
        (starts_a_process, "called subprocess_exec of the event loop"),
        (handles_a_signal, "called add_signal_handler of the event loop"),
        (stops_the_loop, "called stop of the event loop"),
        (takes_processes, "ProcessPoolExecutor"),
        pytest.param(takes_interpreters, "InterpreterPoolExecutor", marks=since_3_14),
        (waits_for_the_loop_on_a_thread, "run_coroutine_threadsafe"),
        (starts_a_thread, "is called back from a thread"),
    ],
)
def test_what_cannot_be_controlled_is_told_with_its_place(call: Callable[[], Any], told: str) -> None:
    (only,) = schedules(calls(call), most=1)
    assert only.fate is Fate.UNCONTROLLED
    assert only.trouble.startswith("r1")
    assert told in only.trouble
    assert "test_tasks_threads.py:" in only.trouble


def test_a_deadlock_is_no_deadlock_while_a_thread_of_the_program_runs() -> None:
    release = threading.Event()
    started: list[threading.Thread] = []

    async def starts_a_thread_that_is_slow() -> None:
        started.append(threading.Thread(target=release.wait))
        started[0].start()
        await asyncio.get_running_loop().create_future()

    try:
        (only,) = schedules(calls(starts_a_thread_that_is_slow), most=1)
    finally:
        release.set()
        started[0].join()
    assert only.fate is Fate.UNCONTROLLED
    assert "a thread runs" in only.trouble


def test_a_function_that_waits_for_another_unit_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.controlled._tasks.thread.LONGEST", 0.05)
    release = threading.Event()

    async def offloads() -> None:
        await asyncio.to_thread(release.wait)

    async def offloads_later() -> int:
        return await asyncio.to_thread(lambda: 7)

    with CONTROLLED.open() as control:
        stuck, next_one = (Execution(FIFO.make(StrategyOptions())) for _ in range(2))
        control.run([Work("r1", offloads)], stuck)
        control.run([Work("r1", offloads_later)], next_one)
        release.set()
    assert stuck.fate is Fate.UNCONTROLLED
    assert "did not come back" in stuck.trouble
    assert next_one.fate is Fate.DONE
    assert next_one.results[0] == 7
