"""A schedule in which greenlets begin others finds room in one pool of memory, and ids come again within it."""

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest

from harness.controlled._gevent.memory import LENGTH, POOL, Memory
from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control
from tests.controlled.greenlet_search import one


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


def test_what_is_taken_next_lies_in_one_pool_after_any_number_of_schedules() -> None:
    memory = Memory()
    memory.want()
    left: list[bytes] = []
    for number in range(2_000):
        memory.begin()
        taken = [bytes(LENGTH) for _ in range(40)]
        assert len({id(each) >> POOL for each in taken}) == 1
        # Some of it stays for a while: holes come up all over.
        left += taken[:: 1 + number % 7]
        del left[: len(left) // 3]


def test_a_greenlet_that_another_begins_has_the_id_of_one_that_has_ended(control: Control) -> None:
    def calls() -> list[Callable[[], Any]]:
        def child() -> int:
            gevent.sleep(0)
            return id(gevent.getcurrent())

        return [lambda: [gevent.spawn(child).get() for _ in range(20)]]

    for _ in range(3):
        assert len(set(one(control, calls()).results[0])) < 10
