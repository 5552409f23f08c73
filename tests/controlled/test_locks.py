"""Locks of the standard library, taken under control: who waits lets others go on, and a deadlock explains itself."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from harness.controlled.threads import CONTROLLED
from harness.core.control import Work
from harness.core.execution import Fate
from tests.controlled.explored_threads import FINELY, JITTER, explore, works

Program = tuple[Sequence[Work], Callable[[], Any]]


@pytest.mark.parametrize("kind", ["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"])
def test_a_lock_is_handed_over(kind: str) -> None:
    def make() -> Program:
        lock = getattr(threading, kind)()
        inside: list[str] = []
        overlaps: list[str] = []

        def call() -> None:
            with lock:
                overlaps.extend(inside)
                inside.append("somebody")
                time.sleep(0)
                inside.pop()

        return works(call, call, call), lambda: len(overlaps)

    explored = explore(make)
    assert explored.outcomes == {0: explored.schedules}
    assert explored.fates == {Fate.DONE: explored.schedules}
    assert any(execution.switches for execution in explored.executions)


def opposite_orders() -> Program:
    first, second = threading.Lock(), threading.Lock()

    def run(one: Any, two: Any) -> Callable[[], None]:
        def call() -> None:
            with one:
                time.sleep(0)
                with two:
                    pass

        return call

    return works(run(first, second), run(second, first)), lambda: None


def test_locks_taken_in_opposite_orders_are_a_deadlock_told_in_words() -> None:
    with CONTROLLED.open() as control:
        explored = explore(opposite_orders, control=control)
        assert set(explored.fates) == {Fate.DONE, Fate.DEADLOCK}
        waiting = explored.of(Fate.DEADLOCK)[0].waiting
        line = opposite_orders.__code__.co_firstlineno
        assert waiting.keys() == {0, 1}
        for unit, holder in ((0, "r2"), (1, "r1")):
            assert f"held by {holder} since {__file__}:{line + 5}" in waiting[unit]
            assert f"the lock made at {__file__}:{line + 1}" in waiting[unit]
            assert f"{__file__}:{line + 7}" in waiting[unit]
        again = explore(
            lambda: (works(lambda: time.sleep(0), lambda: time.sleep(0)), lambda: None), control=control
        )
        assert again.fates == {Fate.DONE: again.schedules}


def never_given_back() -> Program:
    lock = threading.Lock()

    def first() -> None:
        with lock:
            time.sleep(0)

    def keeps() -> None:
        lock.acquire()

    def waits() -> None:
        with lock:
            pass

    return works(first, keeps, waits), lambda: None


def test_who_is_held_back_is_told_where_the_new_holder_took_the_lock() -> None:
    explored = explore(never_given_back)
    line = never_given_back.__code__.co_firstlineno
    told = [execution.waiting[2] for execution in explored.of(Fate.DEADLOCK) if 2 in execution.waiting]
    assert told
    for words in told:
        assert f"held by r2 since {__file__}:{line + 8}" in words


def early(release_early: bool) -> Program:
    lock = threading.Lock()
    count = [0]

    def call() -> None:
        lock.acquire()
        value = count[0]
        if release_early:
            lock.release()
        count[0] = value + 1
        if not release_early:
            lock.release()

    return works(call, call), lambda: count[0]


def test_a_lock_released_too_early_is_found_with_one_preemption() -> None:
    explored = explore(lambda: early(release_early=True), 1, FINELY)
    assert set(explored.outcomes) == {1, 2}
    assert explore(lambda: early(release_early=True), 0, FINELY).outcomes.keys() == {2}


def test_a_lock_released_in_time_is_exhausted_without_a_loss() -> None:
    explored = explore(lambda: early(release_early=False), 2, FINELY)
    assert explored.outcomes == {2: explored.schedules}
    assert explored.fates == {Fate.DONE: explored.schedules}
    assert explored.schedules > 10


def test_below_the_level_of_gil_switches_a_lock_operation_is_no_switch_point() -> None:
    assert explore(lambda: early(release_early=True), 2, JITTER).schedules == 2


def test_a_lock_that_another_only_tries_can_be_found_held() -> None:
    def make() -> Program:
        lock = threading.Lock()

        def hold() -> None:
            with lock:
                pass

        return works(hold, lambda: lock.acquire(blocking=False)), lock.locked

    explored = explore(make, 1, FINELY)
    assert {execution.results[1] for execution in explored.executions} == {True, False}


def test_a_reentrant_lock_is_taken_again_by_its_holder_alone() -> None:
    def make() -> Program:
        lock = threading.RLock()
        log: list[str] = []

        def run(name: str) -> Callable[[], None]:
            def call() -> None:
                with lock:
                    log.append(name)
                    time.sleep(0)
                    with lock:
                        log.append(name)
                        time.sleep(0)
                    log.append(name)

            return call

        return works(run("a"), run("b")), lambda: "".join(log)

    explored = explore(make, 3)
    assert set(explored.outcomes) == {"aaabbb", "bbbaaa"}


def test_a_wait_for_a_lock_can_run_out_in_virtual_time() -> None:
    def make() -> Program:
        lock = threading.Lock()

        def hold() -> None:
            with lock:
                time.sleep(10)

        def hurry() -> bool:
            taken = lock.acquire(timeout=5)
            if taken:
                lock.release()
            return taken

        return works(hold, hurry), lambda: None

    started = time.monotonic()
    explored = explore(make)
    assert time.monotonic() - started < 5
    assert {execution.results[1] for execution in explored.executions} == {True, False}
    assert set(explored.fates) == {Fate.DONE}
    assert any("clock" in execution.names for execution in explored.executions)


def test_what_is_not_controlled_uses_such_a_lock_as_a_real_one() -> None:
    with CONTROLLED.open() as control:
        lock, again = threading.Lock(), threading.RLock()
        explore(lambda: (works(lock.acquire, lambda: None), lambda: None), control=control)
    with again, again:
        taken: list[bool] = []
        thread = threading.Thread(target=lambda: taken.append(again.acquire(timeout=0.01)))
        thread.start()
        thread.join()
    assert taken == [False]
    assert again.acquire(blocking=False)


def test_a_lock_that_a_stopped_schedule_kept_is_free_in_the_next() -> None:
    kept: list[Any] = []

    def make() -> Program:
        if not kept:
            kept.append(threading.Lock())

        def call() -> bool:
            taken: bool = kept[0].acquire(timeout=1)
            return taken

        return works(call, lambda: None), lambda: None

    explored = explore(make)
    assert explored.schedules == 2
    assert all(execution.results[0] for execution in explored.executions)


LOCK_OF_MODULE = threading.Lock()


def test_the_lock_of_a_module_that_a_stopped_schedule_kept_is_given_back_to_it_free() -> None:
    def make() -> Program:
        def call() -> None:
            LOCK_OF_MODULE.acquire()

        return works(call, call), lambda: None

    explored = explore(make, watch=replace(FINELY, files=(__file__,)))
    assert {execution.fate for execution in explored.executions} == {Fate.DEADLOCK}
    assert not LOCK_OF_MODULE.locked()
