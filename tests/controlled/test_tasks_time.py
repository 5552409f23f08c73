"""Virtual time: sleepers may be early or late, time-outs are choices of their own, and nothing takes real time."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness.core.execution import Execution, Fate
from tests.controlled.task_schedules import calls, in_turns, outcomes, schedules

WEEK = 7 * 24 * 3600.0


def now() -> float:
    return asyncio.get_running_loop().time()


def test_sleeping_takes_no_real_time_and_all_of_the_virtual_time() -> None:
    async def sleeper() -> float:
        await asyncio.sleep(WEEK)
        return now()

    began = time.perf_counter()
    assert outcomes(calls(sleeper)) == {(WEEK,): 1}
    assert time.perf_counter() - began < 60


def test_a_sleeper_may_be_overtaken_by_one_that_sleeps_longer() -> None:
    def works() -> Any:
        order: list[str] = []

        async def sleeper(name: str, delay: float) -> str:
            await asyncio.sleep(delay)
            order.append(name)
            return "".join(order)

        return calls(lambda: sleeper("a", 1), lambda: sleeper("b", 2))()

    assert set(outcomes(works)) == {("a", "ab"), ("ba", "b")}
    assert in_turns(works).results == ["a", "ab"]


def test_a_time_out_is_a_choice_while_what_it_waits_for_may_still_come() -> None:
    def works() -> Any:
        event = asyncio.Event()

        async def waiter() -> str:
            try:
                async with asyncio.timeout(5):
                    await event.wait()
            except TimeoutError:
                return "late"
            return "in time"

        async def setter() -> None:
            await asyncio.sleep(1)
            event.set()

        return calls(waiter, setter)()

    assert set(outcomes(works)) == {("late", None), ("in time", None)}
    assert in_turns(works).results[0] == "in time"
    assert any("clock" in each.names for each in schedules(works))


def test_a_time_out_before_the_end_of_a_sleep_cuts_it_short_in_every_schedule() -> None:
    async def cut_short() -> tuple[str, float]:
        try:
            async with asyncio.timeout(2):
                await asyncio.sleep(10)
        except TimeoutError:
            return "late", now()
        return "in time", now()

    assert set(outcomes(calls(cut_short))) == {(("late", 2.0),)}


def test_wait_for_leaves_a_sleep_that_takes_too_long() -> None:
    async def cut_short() -> tuple[str, float]:
        try:
            await asyncio.wait_for(asyncio.sleep(10), 2)
        except TimeoutError:
            return "late", now()
        return "in time", now()

    assert in_turns(calls(cut_short)).results[0] == ("late", 2.0)


def test_time_outs_fire_in_the_order_of_their_times() -> None:
    async def waits(delay: float) -> float:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), delay)
        except TimeoutError:
            pass
        return now()

    fired = in_turns(calls(lambda: waits(3), lambda: waits(1), lambda: waits(2)))
    assert fired.results[:3] == [3.0, 1.0, 2.0]
    assert [name for name in fired.names if name.startswith("clock")] == ["clock", "clock/2", "clock/3"]


def test_a_time_out_that_is_over_is_no_choice_any_more() -> None:
    async def quick() -> None:
        async with asyncio.timeout(5):  # noqa: ASYNC100
            pass
        await asyncio.sleep(0)

    assert [each.names for each in schedules(calls(quick))] == [["r1"]]


def spins() -> Any:
    ready: list[int] = []

    async def spinner() -> int:
        turns = 0
        while not ready:
            turns += 1
            await asyncio.sleep(0)
        return turns

    async def sleeper() -> None:
        await asyncio.sleep(1)
        ready.append(1)

    return calls(spinner, spinner, sleeper)()


@pytest.mark.parametrize("run", [lambda: next(schedules(spins)), lambda: in_turns(spins)])
def test_the_clock_moves_on_while_others_spin(run: Callable[[], Execution]) -> None:
    found = run()
    assert found.fate is Fate.DONE
    assert found.results[0]
    assert found.results[1]


def test_a_callback_that_asks_for_itself_lets_tasks_go_on() -> None:
    def works() -> Any:
        seen: list[int] = []

        async def watched() -> int:
            loop = asyncio.get_running_loop()
            done = False

            def look() -> None:
                seen.append(1)
                if not done:
                    loop.call_soon(look)

            loop.call_soon(look)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            done = True
            return len(seen)

        return calls(watched)()

    assert outcomes(works) == {(2,): 1}


def test_call_later_runs_at_its_time_in_the_context_of_its_caller() -> None:
    async def caller() -> list[float]:
        loop = asyncio.get_running_loop()
        seen: list[float] = []
        loop.call_later(2, lambda: seen.append(loop.time()))
        cancelled = loop.call_at(1, seen.append, -1.0)
        cancelled.cancel()
        await asyncio.sleep(3)
        return seen

    assert [each.results[0] for each in schedules(calls(caller))] == [[2.0]]
