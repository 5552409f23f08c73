"""Locks, queues and waits of threads where all units share one: whoever waits keeps everybody from going on."""

import asyncio
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gevent
import pytest

from harness.controlled._standard import guard, overdue
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


class Shop:
    """What a module may hold from before any host was opened."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


LOCK = threading.Lock()
SHOP = Shop()


def searched(host: ControlledHost, *calls: Call, begin: Call | None = None, **limits: Any) -> Exploration:
    """Search all schedules of calls; what is right is that they return nothing and come to their ends."""
    program = Calls(calls, unit=host.unit, begin=begin, expect=[None] * len(calls))
    return explore(program, host, Limits(files=(__file__,), **limits))


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
def test_a_lock_that_was_made_before_the_host_was_opened(host: ControlledHost) -> None:
    of_module = unit(host, lambda: takes(LOCK), lambda: gives(LOCK))
    of_object = unit(host, lambda: takes(SHOP.lock), lambda: gives(SHOP.lock))
    assert "the lock tests.controlled.test_blocking.LOCK, held by r1" in told(
        searched(host, of_module, of_module)
    )
    assert "test_blocking.SHOP.lock, held by r1" in told(searched(host, of_object, of_object))
    assert type(LOCK) is type(SHOP.lock) is type(threading._allocate_lock())  # type: ignore[attr-defined]
    assert not LOCK.locked()


@HOSTS
def test_a_lock_that_is_named_to_make_it(host: ControlledHost) -> None:
    call = unit(host, takes, gives)
    assert "held by r1 since" in told(searched(host, call, call, begin=threading.Lock))


@HOSTS
def test_a_lock_that_is_kept_for_ever(host: ControlledHost) -> None:
    call = unit(host, takes, nothing)
    assert "held by r1 since" in told(searched(host, call, call, begin=threading.Lock))


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
            lambda future: future.set_result(1),
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
    assert f"waits for {what}" in told(searched(host, waits, brings, begin=make))
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
    over = threading.Event()
    works = threading.Thread(target=lambda: over.wait(60))
    works.start()
    try:
        waits = unit(host, nothing, lambda event: event.wait())
        found = searched(host, waits, waits, begin=threading.Event)
    finally:
        over.set()
        works.join()
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "r1 waits for what ends Event.wait at" in found.reason
    assert "no other thread brought it" in found.reason


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


def test_a_lock_outlives_the_host_under_which_it_was_made() -> None:
    kept: list[threading.Lock] = []

    def visit() -> None:
        if not kept:
            kept.append(threading.Lock())
        kept[0].acquire()

    call = unit(GREENLETS, visit, lambda: gives(kept[0]))
    first = told(searched(GREENLETS, call, call))
    assert told(searched(GREENLETS, call, call)) == first
    assert kept[0].acquire(timeout=1)


PATCHED_LATE = """
import sys, threading
from pathlib import Path
lock = threading.Lock()
from gevent import monkey
monkey.patch_all()
import gevent
from harness.controlled.gevent_greenlets import CONTROLLED
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits

younger = threading.Lock()


def visit(lock):
    with lock:
        gevent.sleep(0)


for each in (lambda: visit(lock), lambda: visit(younger)):
    program = Calls([each, each], unit=CONTROLLED.unit, expect=[None, None])
    found = explore(program, CONTROLLED, Limits(files=(sys.argv[1],)))
    print(found.outcome, found.explanation.sentence if found.explanation else "")
"""


def test_of_a_patched_process_the_locks_that_are_older_than_the_patch(tmp_path: Path) -> None:
    script = tmp_path / "late.py"
    script.write_text(PATCHED_LATE)
    ran = subprocess.run(
        [sys.executable, str(script), str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    older, younger = ran.stdout.splitlines()
    assert older.startswith("mixed r1 was overtaken by r2 at ")
    assert "now r2 waits for the lock __main__.lock, held by r1 since " in older
    assert "no other greenlet can go on, for it is older than gevent's patch" in older
    assert younger.strip() == "isolated"
