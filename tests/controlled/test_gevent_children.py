"""Greenlets that units start are units: joined, linked, pooled, killed in all orders."""

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent.local import local
from gevent.pool import Pool
from greenlet import GreenletExit

from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control
from tests.controlled.greenlet_search import Calls, all_done


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


def test_greenlets_are_waited_for_by_join_get_iwait_and_links(control: Control) -> None:
    def make() -> Calls:
        linked: list[Any] = []

        def child(name: str) -> str:
            gevent.sleep(0)
            return name

        def call() -> tuple[Any, ...]:
            first, second, third = (gevent.spawn(child, name) for name in "abc")
            third.link(lambda each: linked.append(each.value))
            third.rawlink(lambda each: linked.append(each.value))
            order = "".join(str(each.value) for each in gevent.iwait([first, second]))
            third.join()
            gevent.sleep(0)
            return order, first.get(), len(gevent.joinall([first, second, third])), "".join(linked)

        return [call]

    seen = {execution.results[0] for execution in all_done(control, make)}
    assert seen == {("ab", "a", 3, "cc"), ("ba", "a", 3, "cc")}


def test_a_link_that_sleeps_becomes_a_unit(control: Control) -> None:
    orders = set()

    def make() -> Calls:
        order: list[str] = []

        def linked(source: Any) -> None:
            gevent.sleep(0)
            order.append("link")

        def call() -> str:
            gevent.spawn(len, "").link(linked)
            for _ in range(4):
                gevent.sleep(0)
                order.append("-")
            return "".join(order)

        return [call]

    for execution in all_done(control, make, None):
        orders.add(execution.results[0])
    assert {"----", "--link--", "---link-"} <= orders


def test_a_pool_runs_no_more_than_it_may(control: Control) -> None:
    most = set()

    def make() -> Calls:
        pool, running = Pool(2), []

        def job(number: int) -> tuple[int, int]:
            running.append(number)
            seen = len(running)
            gevent.sleep(0)
            running.remove(number)
            return number, seen

        def call() -> tuple[tuple[int, ...], int]:
            results = pool.map(job, range(3))
            return tuple(number for number, _ in results), max(seen for _, seen in results)

        return [call]

    for execution in all_done(control, make, 1):
        numbers, seen = execution.results[0]
        assert numbers == (0, 1, 2)
        most.add(seen)
    assert most == {1, 2}


def test_a_killed_greenlet_ends_where_it_stands_or_never_begins(control: Control) -> None:
    ends = set()

    def make() -> Calls:
        seen: list[str] = []

        def victim() -> None:
            seen.append("begins")
            try:
                gevent.sleep(0)
                seen.append("goes on")
            except GreenletExit:
                seen.append("killed")
                raise
            finally:
                gevent.sleep(0)

        def call() -> tuple[str, ...]:
            each = gevent.spawn(victim)
            gevent.sleep(0)
            each.kill()
            assert each.dead
            return tuple(seen)

        return [call]

    for execution in all_done(control, make, None):
        ends.add(execution.results[0])
    assert ends == {(), ("begins", "killed"), ("begins", "goes on")}


def test_a_kill_that_is_not_waited_for_comes_before_or_after_the_end_of_a_pause(control: Control) -> None:
    orders = set()

    def make() -> Calls:
        seen: list[str] = []

        def victim() -> None:
            try:
                gevent.sleep(0)
                seen.append("goes on")
                gevent.sleep(0)
                seen.append("ends")
            except GreenletExit:
                seen.append("killed")

        def call() -> tuple[str, ...]:
            each = gevent.spawn(victim)
            gevent.sleep(0)
            each.kill(block=False)
            seen.append("-")
            each.join()
            return tuple(seen)

        return [call]

    for execution in all_done(control, make, None):
        orders.add(execution.results[0])
    assert {("-", "killed"), ("-", "goes on", "killed"), ("-", "goes on", "ends")} <= orders


def test_all_are_killed_and_waited_for(control: Control) -> None:
    def make() -> Calls:
        ended: list[int] = []

        def victim(number: int) -> None:
            try:
                gevent.sleep(10)
            finally:
                gevent.sleep(0)
                ended.append(number)

        def call() -> int:
            victims = [gevent.spawn(victim, number) for number in range(2)]
            gevent.sleep(0)
            gevent.killall(victims)
            assert all(each.dead for each in victims)
            return len(ended)

        return [call]

    # One that was killed before it began, or woke before, ended otherwise.
    assert {execution.results[0] for execution in all_done(control, make, 1)} >= {0, 2}


def test_locals_of_gevent_are_each_greenlets_own(control: Control) -> None:
    def make() -> Calls:
        data = local()

        def call(name: str) -> Any:
            data.name = name
            gevent.sleep(0)
            return data.name

        return [lambda: call("a"), lambda: call("b")]

    assert {tuple(execution.results) for execution in all_done(control, make, None)} == {("a", "b")}


def test_raw_greenlets_of_gevent_are_units_too(control: Control) -> None:
    def make() -> Calls:
        seen: list[str] = []

        def child(name: str) -> None:
            gevent.sleep(0)
            seen.append(name)

        def call() -> str:
            for name in "ab":
                gevent.spawn_raw(child, name)
            while len(seen) < 2:
                gevent.sleep(0)
            return "".join(seen)

        return [call]

    assert {execution.results[0] for execution in all_done(control, make, 1)} == {"ab", "ba"}
