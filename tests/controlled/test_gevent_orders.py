"""Unmodified gevent code goes on in the order that is picked, and nothing is left of it."""

import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent._hub_local import get_hub_if_exists
from greenlet import greenlet

from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control
from harness.core.execution import Fate
from localimpl import greenlet_ident, thread_ident
from localimpl.subject import Subject
from tests.controlled.greenlet_search import Always, Calls, one, search


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


def three_segments() -> Calls:
    def call() -> None:
        gevent.sleep(0)
        gevent.sleep(0)

    return [call, call]


def mixed_up(subject: Subject, control: Control, bound: int) -> tuple[int, int]:
    """Let one greenlet overwrite another's value after five sleeps; return schedules, and the first mixed up."""

    def make() -> Calls:
        local = subject.make()

        def reads() -> Any:
            local.set("user", "r1's")
            gevent.sleep(0)
            return local.get("user")

        def writes() -> None:
            for _ in range(5):
                gevent.sleep(0)
            local.set("user", "r2's")
            gevent.sleep(0)

        return [reads, writes]

    executions = search(control, make, bound)
    mixed = [number for number, each in enumerate(executions, 1) if each.results[0] != "r1's"]
    return len(executions), min(mixed, default=0)


def test_a_local_by_thread_is_mixed_up_by_a_write_five_sleeps_later_and_one_by_greenlet_never(
    control: Control,
) -> None:
    _, found = mixed_up(thread_ident.SUBJECT, control, 1)
    assert 0 < found <= 6
    assert mixed_up(greenlet_ident.SUBJECT, control, 2)[1] == 0
    # The order of an idle loop never shows it.
    local = thread_ident.SUBJECT.make()

    def reads() -> Any:
        local.set("user", "r1's")
        gevent.sleep(0)
        return local.get("user")

    def writes() -> None:
        for _ in range(5):
            gevent.sleep(0)
        local.set("user", "r2's")

    assert one(control, [reads, writes]).results[0] == "r1's"


def test_greenlets_that_units_spawn_are_units_named_after_them(control: Control) -> None:
    def grandchild() -> None:
        gevent.sleep(0)

    def child() -> None:
        gevent.spawn(grandchild).join()

    def call() -> None:
        gevent.joinall([gevent.spawn(child), gevent.spawn(child)])

    for execution in search(control, lambda: [call, call], 1, most=300):
        assert execution.fate is Fate.DONE
        assert sorted(execution.names) == [
            "r1", "r1/1", "r1/1/1", "r1/2", "r1/2/1", "r2", "r2/1", "r2/1/1", "r2/2", "r2/2/1",
        ]  # fmt: skip


def test_the_former_hub_is_put_back_and_works() -> None:
    gevent.sleep(0)
    former = get_hub_if_exists()
    with CONTROLLED.open() as control:
        assert get_hub_if_exists() is not former
        one(control, three_segments())
        with CONTROLLED.open() as inner:
            one(inner, three_segments())
        one(control, three_segments())
    assert get_hub_if_exists() is former
    gevent.sleep(0)
    gevent.spawn(gevent.sleep, 0).get()


def test_nothing_is_left_after_two_thousand_schedules() -> None:
    def make() -> Calls:
        def child() -> None:
            gevent.sleep(1)

        def call() -> None:
            gevent.spawn(child)
            gevent.spawn_later(5, child).join(timeout=1)

        return [call, call]

    def live() -> int:
        gc.collect()
        return sum(isinstance(each, greenlet) for each in gc.get_objects())

    gevent.sleep(0)
    with CONTROLLED.open() as control:
        one(control, make())
        before, threads = live(), threading.active_count()
        executions = search(control, make, most=2_000)
        assert len(executions) == 2_000
        assert {execution.fate for execution in executions} == {Fate.DONE}
        del executions
        assert (live(), threading.active_count()) == (before, threads)


def test_a_schedule_leaves_no_work_to_the_garbage_collector(control: Control) -> None:
    """It would be done in the midst of a later schedule, and finalizers with it."""

    def call() -> None:
        gevent.spawn(gevent.sleep, 1).join()

    one(control, [call, call])
    gc.collect()
    gc.disable()
    try:
        one(control, [call, call])
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_no_real_time_passes(control: Control) -> None:
    slept = []

    def call() -> float:
        before = time.monotonic()
        gevent.sleep(1_000)
        slept.append(time.monotonic() - before)
        return float(gevent.get_hub().loop.now())

    assert one(control, [call, call]).results == [1_000, 1_000]
    # A thousand times less than it would be; no measure of speed.
    assert max(slept) < 1
    assert one(control, [call], Always("r1")).results == [1_000]
