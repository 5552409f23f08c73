"""What other threads may bring to units that share one."""

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest

from harness.controlled._standard import guard
from harness.controlled._standard.originals import LONGEST
from harness.controlled._tasks import thread as pool_thread
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.core.control import ControlledHost
from harness.core.verdict import Outcome
from tests.controlled.blocking_units import HOSTS, nothing, searched, told, unit

pytestmark = pytest.mark.usefixtures("alone")


@contextmanager
def another_thread() -> Iterator[None]:
    """Keep a thread alive that might bring something, and does not."""
    over = threading.Event()
    works = threading.Thread(target=over.wait)
    works.start()
    try:
        yield
    finally:
        over.set()
        works.join()


@HOSTS
def test_other_threads_bring_what_they_are_asked_for(host: ControlledHost) -> None:
    def asks() -> None:
        answers: queue.SimpleQueue[int] = queue.SimpleQueue()
        done = threading.Event()
        threading.Thread(target=answers.put, args=(5,)).start()
        threading.Thread(target=done.set).start()
        assert done.wait(timeout=20)
        assert answers.get() == 5
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: 6).result() == 6
            assert pool.submit(lambda: 7).result(timeout=20) == 7

    call = unit(host, asks, nothing)
    assert searched(host, call, call).outcome is Outcome.ISOLATED


def test_a_pool_that_is_kept_brings_what_it_is_asked_for_in_every_schedule() -> None:
    with ThreadPoolExecutor(1) as pool:
        call = unit(TASKS, lambda: pool.submit(int).result(), nothing)
        assert searched(TASKS, call, call).outcome is Outcome.ISOLATED


@HOSTS
def test_what_another_thread_may_still_bring_is_no_deadlock(
    host: ControlledHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "FOREIGN", 0.05)
    waits = unit(host, nothing, lambda event: event.wait())
    with another_thread():
        found = searched(host, waits, waits, begin=threading.Event)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "r1 waits for what ends Event.wait at" in found.reason
    assert "no other thread brought it" in found.reason


def test_a_limited_wait_on_a_thread_of_a_task_is_no_finding() -> None:
    async def tries(lock: threading.Lock) -> None:
        assert await asyncio.to_thread(lock.acquire, timeout=0.05)
        await asyncio.sleep(0.01)
        lock.release()

    async def bridges(items: "queue.Queue[int]") -> None:
        async def puts() -> None:
            await asyncio.sleep(0.01)
            items.put(7)

        putting = asyncio.create_task(puts())
        assert await asyncio.to_thread(items.get, True, 0.05) == 7
        await putting

    for found in (
        searched(TASKS, tries, tries, begin=threading.Lock),
        searched(TASKS, bridges, bridges, begin=queue.Queue),
    ):
        assert found.outcome is Outcome.INCONCLUSIVE
        assert "ran a function on a thread that waited in vain" in found.reason


def test_a_limited_wait_takes_no_time_where_there_is_no_other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    wait = guard.Guard.waits

    def counted(self: guard.Guard, arrives: guard.Arrives, limit: float = guard.FOREIGN) -> bool:
        def arrived(seconds: float) -> bool:
            waited.append(seconds)
            return arrives(seconds)

        return wait(self, arrived, limit)

    monkeypatch.setattr(guard.Guard, "waits", counted)

    def finds_none(items: "queue.Queue[int]") -> None:
        with pytest.raises(queue.Empty):
            items.get(timeout=5)

    call = unit(TASKS, finds_none, nothing)
    assert searched(TASKS, call, call, begin=queue.Queue).outcome is Outcome.ISOLATED
    assert waited == []


def test_a_thread_that_was_given_up_brings_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_thread, "LONGEST", 0.05)
    left: queue.Queue[int] = queue.Queue()

    async def never_comes_back() -> None:
        await asyncio.to_thread(left.get)

    async def waits(items: "queue.SimpleQueue[int]") -> None:
        items.get()

    try:
        assert "did not come back" in searched(TASKS, never_comes_back, never_comes_back).reason
        assert "an item in the queue" in told(searched(TASKS, waits, waits, begin=queue.SimpleQueue))
    finally:
        left.put(1)


def test_what_a_function_may_bring_that_waits_for_a_thread_is_no_deadlock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "FOREIGN", 0.05)

    async def asks(event: threading.Event) -> None:
        asking = asyncio.get_running_loop().run_in_executor(None, event.set)
        event.wait()
        await asking

    found = searched(TASKS, asks, asks, begin=threading.Event)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "no other thread brought it" in found.reason


@HOSTS
def test_a_thread_that_waits_for_what_a_unit_holds_brings_nothing(host: ControlledHost) -> None:
    def asks_with_the_lock(lock: threading.Lock) -> None:
        def needs_it() -> None:
            with lock:
                pass

        with lock, ThreadPoolExecutor(1) as pool:
            pool.submit(needs_it).result()

    def asks_without(lock: threading.Lock) -> None:
        def needs_it() -> None:
            with lock:
                pass

        with ThreadPoolExecutor(1) as pool:
            pool.submit(needs_it).result()

    call = unit(host, asks_with_the_lock, nothing)
    found = searched(host, call, unit(host, nothing, nothing), begin=threading.Lock)
    assert "r1 waits for what ends Future.result at" in told(found)
    assert found.seconds < 10
    call = unit(host, asks_without, nothing)
    assert (
        searched(host, call, unit(host, nothing, nothing), begin=threading.Lock).outcome is Outcome.ISOLATED
    )


@HOSTS
def test_items_come_in_the_order_in_which_another_thread_puts_them(host: ControlledHost) -> None:
    def asks(items: "queue.SimpleQueue[int]") -> None:
        def puts() -> None:
            time.sleep(0.05)
            items.put(1)
            items.put(2)

        thread = threading.Thread(target=puts)
        thread.start()
        assert [items.get(), items.get()] == [1, 2]
        thread.join()

    call = unit(host, asks, nothing)
    other = unit(host, nothing, nothing)
    assert searched(host, call, other, begin=queue.SimpleQueue).outcome is Outcome.ISOLATED


@HOSTS
def test_a_thread_that_tries_for_a_while_what_a_unit_holds_may_bring_something(host: ControlledHost) -> None:
    def asks(lock: threading.Lock) -> None:
        done = threading.Event()

        def tries() -> None:
            lock.acquire(timeout=0.1)
            done.set()

        with lock:
            thread = threading.Thread(target=tries)
            thread.start()
            done.wait()
        thread.join()

    call = unit(host, asks, nothing)
    found = searched(host, call, unit(host, nothing, nothing), begin=threading.Lock)
    assert found.outcome is Outcome.ISOLATED


@HOSTS
def test_a_thread_that_is_joined_and_needs_what_a_unit_holds(host: ControlledHost) -> None:
    def joins(lock: threading.Lock) -> None:
        def needs_it() -> None:
            with lock:
                pass

        thread = threading.Thread(target=needs_it)
        with lock:
            thread.start()
            thread.join()

    def joins_without(lock: threading.Lock) -> None:
        thread = threading.Thread(target=lambda: None)
        thread.start()
        thread.join()

    other = unit(host, nothing, nothing)
    found = searched(host, unit(host, joins, nothing), other, begin=threading.Lock)
    if host is TASKS:  # which has a sentence of its own for threads of a program
        assert found.outcome is not Outcome.ISOLATED
    else:
        assert "r1 waits for the end of a thread at" in told(found)
    without = unit(host, joins_without, nothing)
    assert searched(host, without, other, begin=threading.Lock).outcome is Outcome.ISOLATED


def test_a_function_that_needs_what_its_task_holds_tells_nothing_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def asks(lock: threading.Lock) -> None:
        with lock:
            await asyncio.to_thread(lock.acquire)

    started = time.perf_counter()
    found = searched(TASKS, asks, unit(TASKS, nothing, nothing), begin=threading.Lock)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "waited in vain" in found.reason
    assert time.perf_counter() - started < LONGEST


@HOSTS
def test_a_limited_wait_that_another_thread_may_end_after_too_long_tells_nothing(
    host: ControlledHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "LONGEST", 0.05)

    def waits(event: threading.Event, seconds: float) -> None:
        assert not event.wait(seconds)

    long, short = (unit(host, partial(waits, seconds=seconds), nothing) for seconds in (60, 0.01))
    with another_thread():
        found = searched(host, long, long, begin=threading.Event)
        assert found.outcome is Outcome.INCONCLUSIVE
        assert "r1 waits for up to 60 s, and no other thread brought it within 0.05 s" in found.reason
        assert searched(host, short, short, begin=threading.Event).outcome is Outcome.ISOLATED
