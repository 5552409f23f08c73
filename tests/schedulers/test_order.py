"""How soon a mix-up is found: windows wide and narrow, at few switch points and at many."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from harness.core.control import StrategyOptions
from harness.core.execution import Execution
from harness.core.points import PAUSED
from harness.schedulers._order import spread
from harness.schedulers.preemption_bounded import STRATEGY
from tests.schedulers.toy import Announce, Body, Shared, Unit, explore

SOON = 10
Act = Callable[[Shared, dict[str, Any]], None]


def unit(steps: int, acts: Mapping[int, Act]) -> Unit:
    """Return a unit of so many steps that does something in a few of them."""

    def body(shared: Shared) -> Body:
        memory: dict[str, Any] = {}
        for step in range(steps):
            if step:
                yield PAUSED
            if step in acts:
                acts[step](shared, memory)
        return memory.get("read")

    return body


def write(value: str) -> Act:
    return lambda shared, memory: shared.set("user", value)


def read(shared: Shared, memory: dict[str, Any]) -> None:
    memory["read"] = shared.get("user")


def check(shared: Shared, memory: dict[str, Any]) -> None:
    memory["made"] = shared.get("made")


def act(shared: Shared, memory: dict[str, Any]) -> None:
    if not memory["made"]:
        shared.set("made", shared.get("made") + 1)


def push(value: str) -> Act:
    return lambda shared, memory: shared.set("stack", (*(shared.get("stack") or ()), value))


def top(shared: Shared, memory: dict[str, Any]) -> None:
    memory["read"] = shared.get("stack")[-1] if shared.get("stack") else None


def pop(shared: Shared, memory: dict[str, Any]) -> None:
    shared.set("stack", shared.get("stack")[:-1])


def overwritten(steps: int, first: int, last: int) -> tuple[list[Unit], Any]:
    """Write, be overwritten, read."""
    reader = unit(steps, {first: write("alice"), last: read})
    return [
        reader,
        unit(steps, {steps // 2: write("bob")}),
    ], lambda execution, shared: execution.results[0] != "alice"


def made_twice(steps: int, first: int, last: int) -> tuple[list[Unit], Any]:
    """Check, then act."""
    return [unit(steps, {first: check, last: act})] * 2, lambda execution, shared: shared.values["made"] > 1


def nested(steps: int, first: int, last: int) -> tuple[list[Unit], Any]:
    """Push, look and pop on one stack: two preemptions."""
    units = [unit(steps + 1, {first: push(user), last: top, last + 1: pop}) for user in ("alice", "bob")]
    return units, lambda execution, shared: tuple(execution.results) != ("alice", "bob")


WINDOWS: dict[str, Callable[[int], tuple[int, int]]] = {
    "wide": lambda steps: (0, steps - 1),
    "early": lambda steps: (0, 1),
    "in the middle": lambda steps: (steps // 2, steps // 2 + 1),
    "late": lambda steps: (steps - 2, steps - 1),
}


def silent(execution: Execution) -> Announce:
    return lambda name, writes: None


def found_at(units: Sequence[Unit], seen: Any, *, tracked: bool, announced: bool = True) -> int:
    options = StrategyOptions(bound=2)
    explored = explore(
        units,
        STRATEGY,
        options,
        tracked=tracked,
        seen=seen,
        until=bool,
        announcing=None if announced else silent,
    )
    assert True in explored.outcomes
    return explored.schedules


@pytest.mark.parametrize("tracked", [True, False], ids=["tracked", "announced"])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("steps", [3, 10, 30, 60])
@pytest.mark.parametrize("program", [overwritten, made_twice, nested])
def test_where_it_is_known_what_steps_touch_a_mix_up_is_found_soon(
    program: Callable[..., tuple[list[Unit], Any]], steps: int, window: str, tracked: bool
) -> None:
    units, seen = program(steps, *WINDOWS[window](steps))
    assert found_at(units, seen, tracked=tracked) <= SOON


@pytest.mark.parametrize("steps", [3, 10, 30, 60])
def test_where_nothing_is_known_a_wide_window_is_found_soon(steps: int) -> None:
    units, seen = overwritten(steps, *WINDOWS["wide"](steps))
    assert found_at(units, seen, tracked=False, announced=False) <= SOON


def test_where_nothing_is_known_a_window_of_a_quarter_is_found_soon_wherever_it_is() -> None:
    for first in range(45):
        units, seen = overwritten(60, first, first + 15)
        assert found_at(units, seen, tracked=False, announced=False) <= SOON


def test_where_nothing_is_known_a_window_of_one_point_is_found_before_all_have_been_tried_twice() -> None:
    units, seen = overwritten(60, 30, 31)
    assert SOON < found_at(units, seen, tracked=False, announced=False) <= 2 * 60 + 2


def test_numbers_are_spread_so_that_each_halves_a_largest_gap() -> None:
    assert spread(7) == (3, 1, 5, 0, 2, 4, 6)
    assert spread(0) == ()
    for count in range(40):
        order = spread(count)
        assert sorted(order) == list(range(count))
        assert spread(count) == order
