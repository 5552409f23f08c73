"""Locks, queues and waits of threads where all units share one: whoever waits keeps everybody from going on."""

import asyncio
import queue
import signal
import threading
import time
from concurrent.futures import Future

import pytest

from harness.controlled._standard import guard, overdue
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.core.control import ControlledHost
from harness.core.verdict import Outcome
from tests.controlled.blocking_units import HOSTS, Call, gives, new_lock, nothing, searched, takes, told, unit

pytestmark = pytest.mark.usefixtures("alone")


@HOSTS
def test_a_lock_held_while_others_go_on_is_a_deadlock_that_names_its_holder(host: ControlledHost) -> None:
    call = unit(host, takes, gives)
    sentence = told(searched(host, call, call, begin=new_lock))
    assert "r1 was overtaken by r2" in sentence
    assert "now r2 waits for the lock made at " in sentence
    assert "held by r1 since " in sentence


@HOSTS
def test_a_lock_given_back_before_others_go_on_blocks_nobody(host: ControlledHost) -> None:
    def visit(lock: threading.Lock) -> None:
        with lock:
            pass

    call = unit(host, visit, visit)
    found = searched(host, call, call, begin=new_lock)
    assert found.outcome is Outcome.ISOLATED
    assert found.schedules == searched(host, *[unit(host, nothing, nothing)] * 2).schedules


@HOSTS
def test_a_lock_that_is_named_to_make_it(host: ControlledHost) -> None:
    call = unit(host, takes, gives)
    assert "held by r1 since" in told(searched(host, call, call, begin=threading.Lock))


@HOSTS
def test_a_lock_that_is_kept_for_ever(host: ControlledHost) -> None:
    call = unit(host, takes, nothing)
    assert "held by r1 since" in told(searched(host, call, call, begin=threading.Lock))


@HOSTS
def test_a_lock_that_its_holder_takes_again(host: ControlledHost) -> None:
    def twice(lock: threading.Lock) -> None:
        with lock, lock:
            pass

    sentence = told(
        searched(host, unit(host, twice, nothing), unit(host, nothing, nothing), begin=threading.Lock)
    )
    assert "r1 waits for the lock made at " in sentence
    assert "held by r1 since " in sentence


@HOSTS
@pytest.mark.parametrize(
    ("make", "bring", "await_", "what"),
    [
        (threading.Event, lambda event: event.set(), lambda event: event.wait(), "what ends Event.wait at"),
        (queue.Queue, lambda items: items.put(1), lambda items: items.get(), "what ends Queue.get at"),
        (
            queue.SimpleQueue,
            lambda items: items.put(1),
            lambda items: items.get(),
            "an item in the queue made at",
        ),
        (
            Future,
            lambda future: future.done() or future.set_result(1),
            lambda future: future.result(),
            "what ends Future.result at",
        ),
    ],
    ids=["Event", "Queue", "SimpleQueue", "Future"],
)
def test_what_only_another_unit_can_bring(
    host: ControlledHost, make: Call, bring: Call, await_: Call, what: str
) -> None:
    brings, waits = unit(host, nothing, bring), unit(host, nothing, await_)
    sentence = told(searched(host, waits, brings, begin=make))
    assert f"waits for {what}" in sentence
    assert "held by" not in sentence
    own = unit(host, bring, await_)
    assert searched(host, own, own, begin=make).explanation is None


@HOSTS
def test_a_semaphore_has_room_for_as_many_as_it_says(host: ControlledHost) -> None:
    call = unit(host, lambda room: room.acquire(), lambda room: room.release())
    assert "what ends Semaphore.acquire at" in told(searched(host, call, call, begin=threading.Semaphore))
    assert searched(host, call, call, begin=lambda: threading.Semaphore(2)).outcome is Outcome.ISOLATED


@HOSTS
def test_a_limited_wait_is_over_at_once(host: ControlledHost) -> None:
    got: list[bool] = []

    def tries(lock: threading.Lock) -> None:
        got.append(lock.acquire(timeout=60))

    def gives_back(lock: threading.Lock) -> None:
        if lock.locked():
            lock.release()

    call = unit(host, tries, gives_back)
    started = time.perf_counter()
    assert searched(host, call, call, begin=threading.Lock).outcome is Outcome.ISOLATED
    assert set(got) == {True, False}
    assert time.perf_counter() - started < 30


@HOSTS
def test_wrong_arguments_are_refused_as_by_the_real_ones(host: ControlledHost) -> None:
    def once(lock: threading.Lock) -> None:
        with pytest.raises(ValueError, match="timeout"):
            lock.acquire(blocking=False, timeout=1)
        with pytest.raises(RuntimeError):
            lock.release()
        assert not lock.locked()

    call = unit(host, once, once)
    assert searched(host, call, call, begin=threading.Lock).outcome is Outcome.ISOLATED


def test_a_unit_that_swallows_what_ends_it_is_let_through_at_last() -> None:
    async def stubborn(lock: threading.Lock) -> None:
        while True:
            try:
                with lock:
                    await asyncio.sleep(0)
                    return
            except:  # noqa: E722
                continue

    async def takes_an_item(items: "queue.SimpleQueue[int]") -> None:
        while True:
            try:
                items.get()
            except:  # noqa: E722
                continue
            await asyncio.sleep(0)

    assert "held by r1" in told(searched(TASKS, stubborn, stubborn, begin=threading.Lock))
    waits = searched(TASKS, takes_an_item, takes_an_item, begin=queue.SimpleQueue)
    assert "an item in the queue" in told(waits)


@HOSTS
def test_whoever_goes_on_when_stopped_is_stopped_again(host: ControlledHost) -> None:
    def stubborn(lock: threading.Lock) -> None:
        try:
            lock.acquire()
        finally:
            lock.acquire()

    call = unit(host, takes, stubborn)
    assert "waits for the lock made at" in told(searched(host, call, call, begin=threading.Lock))


@HOSTS
def test_a_step_without_an_end_is_ended(host: ControlledHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue, "LONGEST", 0.3)
    monkeypatch.setattr(overdue, "LOOK", 0.05)
    before = signal.getsignal(signal.SIGINT)

    def spins() -> None:
        while True:
            pass

    for hangs in (spins, lambda: time.sleep(60)):
        found = searched(host, *[unit(host, nothing, hangs)] * 2)
        assert found.outcome is Outcome.INCONCLUSIVE
        assert "did not reach a switch point for" in found.reason
        assert "test_blocking.py" in found.reason
        assert not found.interrupted
    assert signal.getsignal(signal.SIGINT) is before


@HOSTS
def test_no_step_of_two_schedules_is_taken_for_one(host: ControlledHost) -> None:
    seen: list[object] = []
    call = unit(
        host, lambda: seen.append(guard.GUARD.progress()), lambda: seen.append(guard.GUARD.progress())
    )
    searched(host, call, call)
    assert len(seen) > 4 * 6
    assert len(set(seen)) == len(seen)


@HOSTS
def test_nothing_is_left_behind(host: ControlledHost) -> None:
    names = threading.Lock, threading._allocate_lock, queue.SimpleQueue  # type: ignore[attr-defined]
    threads = threading.active_count()
    with host.open():
        assert (threading.Lock, threading._allocate_lock, queue.SimpleQueue) != names  # type: ignore[attr-defined]
    assert (threading.Lock, threading._allocate_lock, queue.SimpleQueue) == names  # type: ignore[attr-defined]
    assert threading.active_count() == threads
