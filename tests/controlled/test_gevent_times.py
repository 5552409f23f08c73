"""Time is virtual under control: sleepers wake in order or early, and time-outs are choices of their own."""

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event
from gevent.lock import Semaphore
from gevent.queue import Empty, Queue

from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control
from harness.core.execution import Fate
from tests.controlled.greenlet_search import Always, Calls, Path, one, search


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


def now() -> float:
    return float(gevent.get_hub().loop.now())


def sleeps(order: list[tuple[str, float]], name: str, *naps: float) -> Callable[[], None]:
    def call() -> None:
        for nap in naps:
            gevent.sleep(nap)
            order.append((name, now()))

    return call


def test_an_idle_hub_wakes_sleepers_in_the_order_of_their_times(control: Control) -> None:
    order: list[tuple[str, float]] = []
    one(control, [sleeps(order, "a", 3, 3), sleeps(order, "b", 1, 1, 6), sleeps(order, "c", 0, 2)])
    assert order == [("c", 0), ("b", 1), ("c", 2), ("b", 2), ("a", 3), ("a", 6), ("b", 8)]


def test_a_sleeper_may_wake_before_another_whose_time_comes_sooner(control: Control) -> None:
    order: list[tuple[str, float]] = []
    one(control, [sleeps(order, "a", 3), sleeps(order, "b", 1)], Path(0, 1, 0, 1))
    # Time never goes back: who slept too long wakes late.
    assert order == [("a", 3), ("b", 3)]


def test_greenlets_begin_later_in_the_order_of_their_times(control: Control) -> None:
    order: list[tuple[int, float]] = []

    def call() -> None:
        for delay in (5, 2, 0):
            gevent.spawn_later(delay, lambda delay=delay: order.append((delay, now())))

    execution = one(control, [call])
    assert order == [(0, 0), (2, 2), (5, 5)]
    assert execution.names == ["r1", "r1/1", "r1/2", "r1/3"]


def times_out(seconds: float, work: Callable[[], Any]) -> Callable[[], str]:
    def call() -> str:
        try:
            with gevent.Timeout(seconds):
                work()
        except gevent.Timeout:
            return f"out at {now():g}"
        return f"in time at {now():g}"

    return call


def test_a_time_out_fires_before_a_longer_sleep_ends_and_not_before_a_shorter_one(control: Control) -> None:
    calls = [times_out(1, lambda: gevent.sleep(5)), times_out(5, lambda: gevent.sleep(1))]
    assert one(control, calls).results[:2] == ["out at 1", "in time at 1"]


def test_a_time_out_may_come_early_or_late_as_a_choice(control: Control) -> None:
    outcomes = {
        execution.results[0] for execution in search(control, lambda: [times_out(1, lambda: gevent.sleep(0))])
    }
    assert outcomes == {"in time at 0", "out at 1"}
    execution = one(control, [times_out(1, lambda: gevent.sleep(0))], Always("clock"))
    assert (execution.names, execution.ran) == (["r1", "clock"], [0, 1, 0])


def test_the_clock_moves_on_when_everybody_waits(control: Control) -> None:
    event = Event()
    calls = [
        times_out(3, event.wait),
        times_out(2, Semaphore(0).acquire),
        times_out(1, lambda: Queue().get()),
        lambda: (event.wait(timeout=4), now()),
    ]
    execution = one(control, calls)
    assert execution.results[:4] == ["out at 3", "out at 2", "out at 1", (False, 4)]
    assert execution.names[4:] == ["clock", "clock/2", "clock/3", "clock/4"]


def test_waits_with_a_time_out_end_either_way(control: Control) -> None:
    def make() -> Calls:
        queue: Queue[int] = Queue()
        lock, event = Semaphore(0), Event()

        def gets() -> Any:
            try:
                return queue.get(timeout=1)
            except Empty:
                return "empty"

        def brings() -> None:
            queue.put(7)
            lock.release()
            event.set()

        return [gets, lambda: lock.acquire(timeout=1), lambda: event.wait(timeout=1), brings]

    executions = search(control, make, 1, most=400)
    assert {execution.fate for execution in executions} == {Fate.DONE}
    assert {execution.results[0] for execution in executions} == {7, "empty"}
    assert {bool(execution.results[1]) for execution in executions} == {True, False}
    assert {bool(execution.results[2]) for execution in executions} == {True, False}


def test_no_time_at_all_is_over_at_once_and_no_choice(control: Control) -> None:
    def make() -> Calls:
        lock = Semaphore(0)
        return [lambda: lock.acquire(timeout=0), times_out(0, lambda: gevent.sleep(0))]

    executions = search(control, make)
    assert {tuple(execution.results) for execution in executions} == {(False, "out at 0")}
    assert {len(execution.names) for execution in executions} == {2}


def test_a_time_out_that_is_cancelled_or_started_anew_does_not_fire(control: Control) -> None:
    def call() -> str:
        timeout = gevent.Timeout(1)
        timeout.start()
        timeout.cancel()
        gevent.sleep(2)
        timeout.start()
        try:
            gevent.sleep(0.5)
            gevent.sleep(5)
        except gevent.Timeout as raised:
            return f"out at {now():g}" if raised is timeout else "another time-out"
        finally:
            timeout.close()
        return "never out"

    assert one(control, [call]).results[0] == "out at 3"


def test_functions_with_a_time_out_return_what_was_asked_for(control: Control) -> None:
    def call() -> list[Any]:
        return [
            gevent.with_timeout(1, gevent.sleep, 2, timeout_value="out"),
            gevent.with_timeout(2, lambda: "in time", timeout_value="out"),
            len(gevent.joinall([gevent.spawn(gevent.sleep, 9)], timeout=1)),
            now(),
        ]

    assert one(control, [call]).results[0] == ["out", "in time", 0, 2]


def test_what_is_raised_while_a_time_out_is_pending_comes_after_it(control: Control) -> None:
    """A greenlet that is to time out, and is killed before it goes on, sees both, one after the other."""
    seen: list[str] = []

    def victim() -> None:
        try:
            with gevent.Timeout(1):
                gevent.sleep(5)
        except gevent.Timeout:
            seen.append("out")
            try:
                gevent.sleep(5)
            finally:
                seen.append("killed")

    def call() -> None:
        each = gevent.spawn(victim)
        gevent.sleep(0)
        gevent.sleep(0)
        each.kill()

    execution = one(control, [call], Always("r1/1", "clock", "r1"))
    assert execution.fate is Fate.DONE
    executions = search(control, lambda: [call])
    assert {execution.fate for execution in executions} == {Fate.DONE}
    assert seen.count("out") > 0
    assert seen.count("killed") > 0


@pytest.mark.parametrize("wait", [gevent.sleep, Event().wait])
def test_time_passes_while_others_keep_busy(control: Control, wait: Callable[[float], Any]) -> None:
    done: list[float] = []

    def slow() -> None:
        wait(5)
        done.append(now())

    def spins() -> None:
        while not done:
            gevent.sleep(0)

    execution = one(control, [slow, spins])
    assert (execution.fate, done) == (Fate.DONE, [5])
    assert len(execution.ran) < 2_000


def test_each_schedule_begins_at_time_0(control: Control) -> None:
    def call() -> float:
        gevent.sleep(5)
        return now()

    assert [one(control, [call]).results for _ in range(3)] == [[5], [5], [5]]
