"""One unit, with those that it began, after the other: which schedules that makes, told by hand."""

from collections.abc import Sequence
from itertools import islice, permutations

from harness.core.control import StrategyOptions
from harness.core.execution import CLOCK, NOBODY, PATIENCE, Execution, Fate
from harness.core.points import BEGIN, PAUSED
from harness.schedulers.in_turn import STRATEGY, InTurn
from tests.schedulers.toy import Body, Shared, Unit, explore, segments


def names(units: Sequence[Unit]) -> list[str]:
    """Return who ran in each schedule, by the unit's number, each once for all steps that it had in a row."""
    explored = explore(units, STRATEGY, keep=True)
    assert explored.ended
    assert not any(execution.preemptions for execution in explored.executions)
    return [_turns(execution.ran) for execution in explored.executions]


def _turns(ran: Sequence[int]) -> str:
    return "".join(str(unit) for unit, before in zip(ran, [NOBODY, *ran], strict=False) if unit != before)


def test_two_units_have_two_orders_and_three_have_six() -> None:
    assert names([segments(3), segments(2)]) == ["01", "10"]
    assert names([segments(2)] * 3) == ["012", "021", "102", "120", "201", "210"]


def test_of_many_units_only_the_orders_that_are_run_are_made() -> None:
    explored = explore([segments(1)] * 30, STRATEGY, most=5, keep=True)
    orders = [tuple(execution.ran) for execution in explored.executions]
    assert orders == list(islice(permutations(range(30)), 5))


class Family:
    """A schedule driven by hand: each unit has one step, in which it begins others or waits for some to end."""

    def __init__(self, begins: dict[str, list[str]], waits: dict[str, str] | None = None) -> None:
        self._begins = begins
        self._waits = waits or {}

    def run(self, execution: Execution, first: Sequence[str]) -> None:
        for name in first:
            execution.add(name)
        begun: set[str] = set()
        while (unit := execution.pick()) != NOBODY:
            name = execution.names[unit]
            if name not in begun:
                begun.add(name)
                for child in self._begins.get(name, ()):
                    execution.add(child)
                awaited = self._waits.get(name)
                if awaited is not None and awaited not in self._ended(execution):
                    execution.wait(unit, awaited)
                    continue
            execution.end(unit, name)
            for number in list(execution.waiting):
                if execution.waiting[number] == name:
                    execution.wake(number)

    def _ended(self, execution: Execution) -> set[object]:
        return set(execution.results)


def ran(family: Family, first: Sequence[str]) -> list[str]:
    scheduler = InTurn(StrategyOptions())
    found = []
    while scheduler.begin():
        execution = Execution(scheduler)
        family.run(execution, first)
        scheduler.done(execution)
        assert execution.fate is Fate.DONE
        assert execution.preemptions == 0
        found.append(" ".join(execution.names[unit] for unit in execution.ran))
        assert len(found) < 100
    return found


def test_children_run_before_the_next_unit_in_every_order() -> None:
    found = ran(Family({"r1": ["r1/1", "r1/2"]}), ["r1", "r2"])
    assert found == [
        "r1 r1/1 r1/2 r2",
        "r2 r1 r1/1 r1/2",
        "r1 r1/2 r1/1 r2",
        "r2 r1 r1/2 r1/1",
    ]


def test_children_of_children_belong_to_the_unit_that_began_it_all() -> None:
    found = ran(Family({"r1": ["r1/1"], "r1/1": ["r1/1/1"]}), ["r1", "r2"])
    assert found == ["r1 r1/1 r1/1/1 r2", "r2 r1 r1/1 r1/1/1"]


def test_where_a_unit_waits_for_another_that_one_goes_on_in_between() -> None:
    found = ran(Family({}, {"r1": "r2"}), ["r1", "r2", "r3"])
    assert found == [
        "r1 r2 r1 r3",
        "r1 r3 r2 r1",
        "r2 r1 r3",
        "r2 r3 r1",
        "r3 r1 r2 r1",
        "r3 r2 r1",
    ]


def test_a_unit_goes_on_with_its_own_family_while_it_waits_for_one_of_it() -> None:
    found = ran(Family({"r1": ["r1/1"]}, {"r1": "r1/1"}), ["r1", "r2"])
    assert found == ["r1 r1/1 r1 r2", "r2 r1 r1/1 r1"]


def test_a_timeout_fires_before_another_family_begins() -> None:
    found = ran(Family({"r1": [CLOCK]}, {"r1": CLOCK}), ["r1", "r2"])
    assert found == [f"r1 {CLOCK} r1 r2", f"r2 r1 {CLOCK} r1"]


def test_a_timeout_does_not_fire_while_one_of_the_family_can_go_on() -> None:
    found = ran(Family({"r1": [CLOCK, "r1/1"]}, {"r1": "r1/1"}), ["r1", "r2"])
    assert found[0].startswith("r1 r1/1 r1")


def test_a_timeout_for_nobody_lets_another_family_begin() -> None:
    """What fires over and over, a heartbeat, must not keep others from beginning for ever."""
    again = {
        CLOCK if number == 1 else f"{CLOCK}/{number}": [f"{CLOCK}/{number + 1}"] for number in range(1, 4)
    }
    found = ran(Family({"r1": [CLOCK], **again}, {"r1": "r2"}), ["r1", "r2"])
    assert found[0].startswith(f"r1 {CLOCK} r2 r1")


def test_a_unit_without_patience_is_not_left_for_a_timeout_before_its_time() -> None:
    scheduler = InTurn(StrategyOptions())
    assert scheduler.begin()
    execution = Execution(scheduler)
    execution.add("r1")
    clock = execution.add(CLOCK)
    for _ in range(PATIENCE * 3):
        unit = execution.pick()
        assert unit == 0
        execution.park(unit, PAUSED)
        execution.ready.remove(clock)
        execution.park(clock, BEGIN)


def test_a_unit_that_goes_round_for_another_lets_it_go_on_in_between() -> None:
    def spins(shared: Shared) -> Body:
        while not shared.get("flag"):
            yield PAUSED

    def raises(shared: Shared) -> Body:
        yield PAUSED
        shared.set("flag", 1)

    explored = explore([spins, raises], STRATEGY, keep=True)
    assert [execution.fate for execution in explored.executions] == [Fate.DONE, Fate.DONE]
    assert _turns(explored.executions[0].ran) == "01010"
    assert _turns(explored.executions[1].ran) == "10"
