"""What is right where nobody says it: what callables come to one after the other, with all that they begin."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.controlled.tasks import CONTROLLED as TASKS
from harness.controlled.threads import CONTROLLED as THREADS
from harness.core.control import ControlledHost
from harness.core.exploration import Exploration
from harness.core.verdict import Outcome
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits


def searched(
    host: ControlledHost, *calls: Callable[..., Any], begin: Callable[[], Any] | None = dict, **limits: Any
) -> Exploration:
    return explore(Calls(calls, unit=host.unit, begin=begin), host, Limits(**limits))


async def late(value: int) -> int:
    await asyncio.sleep(0.1)
    return value


async def gathers(shared: dict[str, str]) -> list[int]:
    return list(await asyncio.gather(late(1), late(2)))


async def spawns(shared: dict[str, str]) -> int:
    return await asyncio.create_task(late(3))


def submits(shared: dict[str, str]) -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: 5).result()


def sleeps(shared: dict[str, str]) -> int:
    time.sleep(0)
    return 6


def test_units_that_begin_others_are_no_mixup() -> None:
    for found in (searched(TASKS, gathers, spawns), searched(THREADS, submits, sleeps)):
        assert found.outcome is Outcome.ISOLATED, found.sentence
        assert found.contested > 0
        assert all(phase.exhausted for phase in found.phases)


def test_a_mixup_between_what_units_began_is_one() -> None:
    async def keeps(shared: dict[str, str], user: str) -> str:
        shared["user"] = user
        await asyncio.sleep(0.1)
        return shared["user"]

    async def alice(shared: dict[str, str]) -> str:
        return await asyncio.create_task(keeps(shared, "alice"))

    async def bob(shared: dict[str, str]) -> list[str]:
        return list(await asyncio.gather(keeps(shared, "bob")))

    found = searched(TASKS, alice, bob)
    assert found.outcome is Outcome.MIXED
    assert found.explanation is not None
    assert "alice" in found.explanation.sentence


def test_the_order_in_which_what_one_unit_began_ends_is_free() -> None:
    async def as_they_come(shared: dict[str, str]) -> list[int]:
        return [await each for each in asyncio.as_completed([late(1), late(2)])]

    found = searched(TASKS, as_they_come, spawns, bound=1)
    assert found.outcome is Outcome.ISOLATED, found.sentence


def test_units_that_wait_for_each_other_leave_nothing_to_learn_from() -> None:
    def meets(shared: threading.Barrier) -> int:
        return shared.wait()

    found = searched(THREADS, meets, meets, begin=lambda: threading.Barrier(2))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "(they wait for each other): say what is right with expect=" in found.reason


def test_a_deadlock_in_every_order_is_found_all_the_same() -> None:
    def locks_twice(shared: Any) -> None:
        with shared, shared:
            pass

    def lock() -> threading.Lock:
        return threading.Lock()

    found = searched(THREADS, locks_twice, locks_twice, begin=lock)
    assert found.outcome is Outcome.MIXED
    assert found.explanation is not None
    assert found.explanation.kind == "deadlock"


class Answer:
    """Equal to nothing but itself, and looks like any other."""

    def __repr__(self) -> str:
        return "<Answer 200 OK>"


def test_results_that_cannot_be_compared_are_no_mixup() -> None:
    def answers(shared: dict[str, str]) -> Answer:
        time.sleep(0)
        return Answer()

    found = searched(THREADS, answers, answers)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "something new each time" in found.reason


class Plain:
    """Equal to nothing but itself, and looks like no other."""


def makes_one(shared: dict[str, Plain]) -> Plain:
    time.sleep(0)
    return shared.setdefault("one", Plain())


def makes_another(shared: dict[str, Plain]) -> Plain:
    return Plain()


def looks_first(shared: dict[str, Plain]) -> Plain:
    if "one" not in shared:
        time.sleep(0)
        shared["one"] = Plain()
    return shared["one"]


def test_where_results_lie_in_memory_does_not_count() -> None:
    for call, outcome in ((makes_one, Outcome.ISOLATED), (looks_first, Outcome.MIXED)):
        program = Calls([call, call], unit=THREADS.unit, begin=dict, expect=lambda r: r[0] is r[1])
        found = explore(program, THREADS, Limits())
        assert found.outcome is outcome, found.sentence + found.reason
        assert not any(" at 0x" in state for state, _ in found.states)


def test_objects_that_are_new_each_time_leave_nothing_to_compare() -> None:
    found = searched(THREADS, makes_one, makes_another)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "something new each time" in found.reason
    assert "say what is right with expect=" in found.reason


def test_where_what_an_error_names_lies_in_memory_does_not_count() -> None:
    def misses(shared: dict[str, Plain]) -> None:
        time.sleep(0)
        raise KeyError(Plain())

    found = searched(THREADS, misses, sleeps)
    assert found.outcome is Outcome.ISOLATED, found.reason


@pytest.mark.parametrize("breaks_down", [True, False])
def test_a_check_that_fails_on_an_error_tells_the_error(breaks_down: bool) -> None:
    def numbers(shared: dict[str, int]) -> int:
        time.sleep(0)
        return 2

    def breaks(shared: dict[str, int]) -> int:
        raise LookupError("nobody is logged in")

    def check(results: list[Any]) -> bool:
        return bool(results[0] + results[1] > 4)

    program = Calls(
        [numbers, breaks if breaks_down else numbers], unit=THREADS.unit, begin=dict, expect=check
    )
    found = explore(program, THREADS, Limits())
    assert found.explanation is not None
    told, kind = found.explanation.sentence, found.explanation.kind
    if breaks_down:
        assert (kind, "raised LookupError: nobody is logged in" in told, "TypeError" in told) == (
            "error", True, False,
        ), told  # fmt: skip
    else:
        assert (kind, "the check refused the results [2, 2]" in told) == ("wrong result", True), told


class Column(list[int]):
    """Compares item by item, so that two of them are neither equal nor not."""

    __hash__ = None

    def __eq__(self, other: object) -> Any:
        raise ValueError("the truth of a column is ambiguous")


@pytest.mark.parametrize("expect", [None, [Column([1]), Column([1])]])
def test_results_that_refuse_to_be_compared_are_told_apart_by_their_text(expect: Any) -> None:
    def right(shared: dict[str, str]) -> Column:
        time.sleep(0)
        return Column([1])

    def wrong(shared: dict[str, Column]) -> Column:
        shared["column"] = Column([1 + len(shared)])
        time.sleep(0)
        time.sleep(0)
        return shared.pop("column", Column([2]))

    for call, outcome in ((right, Outcome.ISOLATED), (wrong, Outcome.MIXED)):
        found = explore(Calls([call, call], unit=THREADS.unit, begin=dict, expect=expect), THREADS, Limits())
        assert found.outcome is outcome, found.sentence


def test_too_many_orders_are_said_and_not_run() -> None:
    found = searched(THREADS, *[sleeps] * 7)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "7 units have 5,040 orders" in found.reason


@pytest.mark.parametrize("units", [3, 4])
def test_a_shared_counter_is_right_in_every_order(units: int) -> None:
    def counts(shared: dict[str, int]) -> int:
        shared["n"] = mine = shared.get("n", 0) + 1
        time.sleep(0)
        return mine

    found = searched(THREADS, *[counts] * units, bound=1)
    assert found.outcome is Outcome.ISOLATED, found.sentence
