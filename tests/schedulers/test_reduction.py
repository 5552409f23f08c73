"""To leave out equivalent schedules loses no outcome: random programs, searched with and without.

The control: where an operation is announced as less than it is, the same comparison must find that outcomes are lost.
"""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import Execution
from harness.schedulers.exhaustive import STRATEGY as EXHAUSTIVE
from harness.schedulers.preemption_bounded import BY_EFFORT_ALONE, CHEAPEST_EVERY, PreemptionBounded
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED
from tests.schedulers.programs import Operation, seen, unit
from tests.schedulers.toy import Announce, Announcing, explore, run

MOST = 1_500
"""Schedules that a program may have without reduction; larger ones are not compared."""
BOUNDS = (0, 1, 2, 3)

variables = st.sampled_from(["x", "y", "z"])
touches = st.tuples(st.sampled_from(["get", "set", "update"]), variables)
simple: st.SearchStrategy[Operation] = st.one_of(
    touches,
    touches,
    st.just(("local",)),
    st.tuples(st.just("both"), st.lists(touches, min_size=2, max_size=2)),
)


def locked(inner: st.SearchStrategy[Operation]) -> st.SearchStrategy[Operation]:
    return st.tuples(st.just("locked"), st.sampled_from(["l", "m"]), st.lists(inner, max_size=2))


nested = st.one_of(simple, simple, locked(simple), locked(locked(simple)))
spawning = st.tuples(st.just("spawn"), st.lists(nested, min_size=1, max_size=2))
operations = st.lists(st.one_of(nested, nested, spawning), min_size=1, max_size=4)
programs = st.lists(operations, min_size=2, max_size=3)


def saved(
    program: list[list[Operation]],
    strategy: Strategy,
    bound: int | None,
    announcing: Announcing | None = None,
) -> tuple[int, int] | None:
    """Assert that no outcome is lost; return how many schedules there are and were run, or None for too many."""
    units = [unit(f"r{index}", operations) for index, operations in enumerate(program)]
    plain = StrategyOptions(bound=bound, reduce=False)
    every = explore(units, strategy, plain, most=MOST, seen=seen)
    if not every.ended:
        return None
    options = StrategyOptions(bound=bound)
    reduced = explore(units, strategy, options, most=MOST, seen=seen, announcing=announcing)
    assert reduced.outcomes == every.outcomes
    assert reduced.schedules <= every.schedules
    return every.schedules, reduced.schedules


@settings(max_examples=60, deadline=None)
@given(programs)
def test_no_outcome_is_lost_without_a_bound(program: list[list[Operation]]) -> None:
    assume(saved(program, EXHAUSTIVE, None) is not None)


@pytest.mark.parametrize("bound", BOUNDS)
@settings(max_examples=40, deadline=None)
@given(program=programs)
def test_no_outcome_is_lost_within_a_bound(bound: int, program: list[list[Operation]]) -> None:
    assume(saved(program, PREEMPTION_BOUNDED, bound) is not None)


@settings(max_examples=40, deadline=None)
@given(programs)
def test_once_a_bound_is_said_to_be_exhausted_all_its_outcomes_have_been_seen(
    program: list[list[Operation]],
) -> None:
    units = [unit(f"r{index}", operations) for index, operations in enumerate(program)]
    wanted = {}
    for bound in (0, 1):
        every = explore(
            units, PREEMPTION_BOUNDED, StrategyOptions(bound=bound, reduce=False), most=MOST, seen=seen
        )
        assume(every.ended)
        wanted[bound] = every.outcomes
    scheduler = PreemptionBounded(StrategyOptions(bound=2))
    outcomes = set()
    for _ in range(MOST):
        if not scheduler.begin():
            break
        execution = Execution(scheduler, tracked=True)
        outcomes.add(seen(execution, run(units, execution)))
        scheduler.done(execution)
        left = scheduler.least_left()
        for bound in [bound for bound in wanted if left is None or left > bound]:
            assert outcomes >= wanted.pop(bound)


def test_a_bound_once_exhausted_stays_so() -> None:
    """Here a schedule with two preemptions shows a race that brings one with fewer, when none was left of those."""
    inner: list[Operation] = [("locked", "l", [("update", "x")])]
    program: list[list[Operation]] = [
        [("get", "y"), ("get", "x")],
        [("locked", "l", []), ("spawn", inner), ("locked", "l", [("get", "x"), ("locked", "l", [])])],
    ]
    units = [unit(f"r{index}", operations) for index, operations in enumerate(program)]
    scheduler = PreemptionBounded(StrategyOptions(bound=2))
    left, later = [0], []
    while scheduler.begin():
        execution = Execution(scheduler, tracked=True)
        run(units, execution)
        assert scheduler.least_left() == left[-1], "what the one that runs brings is not known yet"
        scheduler.done(execution)
        later.append(execution.preemptions < left[-1])
        left.append(3 if (least := scheduler.least_left()) is None else least)
    assert left == sorted(left)
    assert left[-1] == 3
    assert sum(later) == 1


def test_what_is_put_off_does_not_keep_a_bound_from_being_exhausted() -> None:
    """Two preemptions between what both touch count for less than one of which nothing can come."""
    shared: list[Operation] = [("get", "x"), ("set", "x")] * 10
    units = [unit(name, [*shared, *[("update", name)] * 10]) for name in ("y", "z")]
    scheduler = PreemptionBounded(StrategyOptions(bound=2, reduce=False))
    costs: list[int] = []
    while (left := scheduler.least_left()) is not None and left < 2:
        assert scheduler.begin()
        execution = Execution(scheduler, tracked=True)
        run(units, execution)
        scheduler.done(execution)
        costs.append(execution.preemptions)
    cheap = sum(cost < 2 for cost in costs)
    assert cheap == 2 + 2 * 29
    assert len(costs) <= BY_EFFORT_ALONE + CHEAPEST_EVERY * cheap


def silent_writes(execution: Execution) -> Announce:
    """Announce what is written as read."""
    return lambda name, writes: execution.touch(name, False)


def silent_variable(execution: Execution) -> Announce:
    """Announce nothing of one variable."""

    def announce(name: str, writes: bool) -> None:
        if name != "x":
            execution.touch(name, writes)

    return announce


def silent_locks(execution: Execution) -> Announce:
    """Announce nothing of locks."""

    def announce(name: str, writes: bool) -> None:
        if name not in ("l", "m"):
            execution.touch(name, writes)

    return announce


@pytest.mark.parametrize(
    ("strategy", "bound", "lie", "program"),
    [
        (EXHAUSTIVE, None, silent_writes, [[("get", "x")], [("set", "x")]]),
        (EXHAUSTIVE, None, silent_variable, [[("get", "x")], [("set", "x")]]),
        (
            EXHAUSTIVE,
            None,
            silent_locks,
            [[("locked", "l", []), ("set", "x")], [("locked", "l", [("update", "y"), ("locked", "l", [])])]],
        ),
        (
            PREEMPTION_BOUNDED,
            2,
            silent_writes,
            [
                [("set", "y"), ("set", "x")],
                [("set", "y"), ("set", "x"), ("spawn", [("get", "x"), ("get", "y")])],
            ],
        ),
        (
            PREEMPTION_BOUNDED,
            2,
            silent_variable,
            [
                [("locked", "l", [("get", "x")]), ("spawn", [("get", "x")]), ("spawn", [("set", "x")])],
                [("update", "y"), ("update", "x")],
            ],
        ),
    ],
)
def test_the_comparison_fails_where_operations_are_taken_for_independent_that_are_not(
    strategy: Strategy, bound: int | None, lie: Announcing, program: list[list[Operation]]
) -> None:
    assert saved(program, strategy, bound) is not None
    with pytest.raises(AssertionError):
        saved(program, strategy, bound, lie)
