"""What gevent's greenlets wait for comes from other units, in all orders: locks, queues, events, ends, pools."""

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore, RLock, Semaphore
from gevent.queue import Channel, Empty, JoinableQueue, Queue

from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control
from tests.controlled.greenlet_search import Calls, all_done

Lock = Callable[[], Any]


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


@pytest.mark.parametrize("kind", [Semaphore, BoundedSemaphore, RLock])
def test_a_lock_lets_one_in_at_a_time_in_every_order(control: Control, kind: Lock) -> None:
    orders = set()

    def make() -> Calls:
        lock = kind()
        inside: list[str] = []
        order: list[str] = []

        def call(name: str) -> str:
            with lock:
                assert not inside
                inside.append(name)
                order.append(name)
                gevent.sleep(0)
                inside.remove(name)
            gevent.sleep(0)
            with lock:
                order.append(name)
                assert not inside
            return "".join(order)

        return [lambda: call("a"), lambda: call("b"), lambda: call("c")]

    for execution in all_done(control, make, 3):
        orders.add(max(execution.results, key=len))
    assert {"aabbcc", "abcabc", "cbacba", "baabcc"} <= orders


def test_a_semaphore_of_two_lets_two_in(control: Control) -> None:
    most = set()

    def make() -> Calls:
        lock = Semaphore(2)
        inside: list[int] = []

        def call() -> int:
            with lock:
                inside.append(1)
                seen = len(inside)
                gevent.sleep(0)
                inside.pop()
            return seen

        return [call, call, call]

    for execution in all_done(control, make):
        most.add(max(execution.results))
    assert most == {1, 2}


def test_one_may_take_a_lock_before_the_one_that_was_to_get_it(control: Control) -> None:
    """A semaphore's release does not hand it over: whoever comes first takes it."""
    orders = set()

    def make() -> Calls:
        lock, order = Semaphore(), []

        def holds() -> None:
            with lock:
                gevent.sleep(0)
            gevent.sleep(0)
            order.append("releases")

        def waits() -> None:
            with lock:
                order.append("waited")

        def comes() -> str:
            gevent.sleep(0)
            with lock:
                order.append("came")
            return "".join(order)

        return [holds, waits, comes]

    for execution in all_done(control, make, None):
        orders.add(execution.results[2])
    assert {"came", "waitedcame"} <= {order.replace("releases", "") for order in orders}


@pytest.mark.parametrize("size", [None, 1])
@pytest.mark.parametrize("kind", [Queue, JoinableQueue])
def test_every_item_of_a_queue_comes_out_once(control: Control, kind: Any, size: int | None) -> None:
    shares = set()

    def make() -> Calls:
        queue = kind(size)

        def puts() -> None:
            for item in range(4):
                queue.put(item)
            for _ in range(2):
                queue.put(None)

        def gets() -> tuple[int, ...]:
            got = []
            while (item := queue.get()) is not None:
                got.append(item)
                gevent.sleep(0)
            return tuple(got)

        return [puts, gets, gets]

    for execution in all_done(control, make, 1):
        first, second = execution.results[1:]
        assert sorted(first + second) == [0, 1, 2, 3]
        shares.add((first, second))
    assert len(shares) > 2


def test_a_channel_hands_over(control: Control) -> None:
    def make() -> Calls:
        channel: Channel[int] = Channel()
        return [lambda: channel.put(1), lambda: channel.put(2), lambda: (channel.get(), channel.get())]

    assert {execution.results[2] for execution in all_done(control, make)} == {(1, 2), (2, 1)}


def test_all_tasks_of_a_queue_are_waited_for(control: Control) -> None:
    def make() -> Calls:
        queue: JoinableQueue[int] = JoinableQueue()
        done: list[int] = []

        def works() -> None:
            for _ in range(2):
                item = queue.get()
                gevent.sleep(0)
                done.append(item)
                queue.task_done()

        def waits() -> list[int]:
            queue.put(1)
            queue.put(2)
            queue.join()
            return list(done)

        return [works, waits]

    assert all(execution.results[1] == [1, 2] for execution in all_done(control, make))


def test_an_event_wakes_all_who_wait_and_in_any_order(control: Control) -> None:
    orders = set()

    def make() -> Calls:
        event, order = Event(), []

        def waits(name: str) -> str:
            assert event.wait()
            order.append(name)
            gevent.sleep(0)
            return "".join(order)

        return [lambda: waits("a"), lambda: waits("b"), event.set]

    for execution in all_done(control, make, None):
        orders.add(execution.results[0] + execution.results[1])
    assert len(orders) > 3


def test_a_result_reaches_all_who_ask(control: Control) -> None:
    def make() -> Calls:
        result: AsyncResult[str] = AsyncResult()
        return [result.get, result.wait, lambda: result.set("there")]

    assert {tuple(each.results[:2]) for each in all_done(control, make, None)} == {("there", "there")}


def test_a_queue_that_is_shut_down_wakes_who_waits(control: Control) -> None:
    def make() -> Calls:
        queue: Queue[int] = Queue()

        def waits() -> str:
            try:
                queue.get()
            except Exception as error:
                return type(error).__name__
            return "got"

        return [waits, waits, queue.shutdown]

    assert {execution.results[0] for execution in all_done(control, make, None)} == {"ShutDown"}


def test_what_waits_no_longer_gets_nothing(control: Control) -> None:
    """A waiter that times out, or is killed, while it was to get an item leaves it to the next."""

    def make() -> Calls:
        queue: Queue[int] = Queue()

        def waits() -> list[int]:
            try:
                return [queue.get(timeout=1)]
            except Empty:
                return []

        def last() -> list[int]:
            return [queue.get()]

        return [waits, last, lambda: queue.put(1), lambda: queue.put(2)]

    for execution in all_done(control, make, 2):
        got = execution.results[0] + execution.results[1]
        assert sorted(got) == ([1, 2] if len(got) == 2 else got)
        assert execution.results[1]
