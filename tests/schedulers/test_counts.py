"""How many schedules small programs have and what they come to, with equivalent schedules left out and without."""

from collections.abc import Sequence, Set
from math import factorial
from typing import Any, NamedTuple

import pytest

from harness.core.control import StrategyOptions
from harness.core.execution import Execution, Fate
from harness.schedulers.exhaustive import STRATEGY as EXHAUSTIVE
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED
from tests.schedulers import classics
from tests.schedulers.classics import philosopher, store, write
from tests.schedulers.toy import Seen, Shared, Unit, came_to, explore, segments


def final(name: str) -> Seen:
    """Return what tells a variable's last value, or the fate of a schedule that did not end well."""

    def value(execution: Execution, shared: Shared) -> Any:
        return shared.values.get(name, 0) if execution.fate is Fate.DONE else execution.fate

    return value


class Known(NamedTuple):
    """What is known of a program."""

    units: Sequence[Unit]
    outcomes: Set[Any]
    schedules: int
    """All of them."""
    kinds: int
    """Those that differ in an order that matters."""
    within: tuple[int, int, int, int]
    """Those with at most 0, 1, 2 and 3 preemptions."""
    seen: Seen = came_to


PROGRAMS = {
    "2 units of 3 segments, all in conflict": Known(
        [segments(3, "x")] * 2, {(None, None)}, 20, 20, (2, 6, 14, 18)
    ),
    "2 units of 3 segments, none in conflict": Known(
        [segments(3, "x"), segments(3, "y")], {(None, None)}, 20, 1, (2, 6, 14, 18)
    ),
    "3 units of 2 segments": Known([segments(2)] * 3, {(None, None, None)}, 90, 1, (6, 24, 60, 90)),
    "lost update of 2": Known([classics.increment] * 2, {1, 2}, 6, 4, (2, 4, 6, 6), final("count")),
    "lost update of 3": Known([classics.increment] * 3, {1, 2, 3}, 90, 36, (6, 24, 60, 90), final("count")),
    "locked update of 2": Known([classics.locked_increment] * 2, {2}, 4, 4, (2, 4, 4, 4), final("count")),
    "locked update of 3": Known(
        [classics.locked_increment] * 3, {3}, 60, 60, (6, 36, 60, 60), final("count")
    ),
    "check, then act": Known([classics.lazily_made] * 2, {1, 2}, 6, 4, (2, 4, 6, 6), final("made")),
    "store buffering": Known(
        [store("x", "y"), store("y", "x")], {(0, 1), (1, 0), (1, 1)}, 6, 3, (2, 4, 6, 6)
    ),
    "message passing": Known(
        [classics.send, classics.receive],
        {(None, (0, 0)), (None, (0, 1)), (None, (1, 1))},
        6,
        3,
        (2, 4, 6, 6),
    ),
    "three readers, one writer": Known(
        [classics.read] * 3 + [write(1)],
        {(a, b, c, None) for a in (0, 1) for b in (0, 1) for c in (0, 1)},
        24,
        8,
        (24, 24, 24, 24),
    ),
    "two writers, one who reads twice": Known(
        [write(1), write(2), classics.two_reads],
        {(None, None, pair) for pair in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2))},
        12,
        12,
        (6, 12, 12, 12),
    ),
    "2 philosophers": Known(
        [philosopher("a", "b"), philosopher("b", "a")],
        {(None, None), Fate.DEADLOCK},
        8,
        5,
        (2, 6, 8, 8),
    ),
    "3 philosophers": Known(
        [philosopher("a", "b"), philosopher("b", "c"), philosopher("c", "a")],
        {(None, None, None), Fate.DEADLOCK},
        492,
        37,
        (6, 57, 195, 363),
    ),
    "3 philosophers, one left-handed": Known(
        [philosopher("a", "b"), philosopher("b", "c"), philosopher("a", "c")],
        {(None, None, None)},
        366,
        36,
        (6, 55, 169, 286),
    ),
    "producer and consumer": Known(
        [classics.produce, classics.consume], {(None, (1, 2))}, 72, 16, (2, 10, 26, 46)
    ),
    "a unit adds another": Known(
        [classics.parent, classics.read],
        {(None, old, new) for old in (0, 1, 2) for new in (1, 2)},
        10,
        6,
        (3, 9, 10, 10),
    ),
}
EACH = pytest.mark.parametrize("known", PROGRAMS.values(), ids=PROGRAMS)
PLAIN = StrategyOptions(reduce=False)


@EACH
def test_all_schedules_are_run_and_come_to_what_they_can(known: Known) -> None:
    explored = explore(known.units, EXHAUSTIVE, PLAIN, seen=known.seen)
    assert (explored.schedules, explored.outcomes) == (known.schedules, known.outcomes)


@EACH
def test_one_schedule_of_each_kind_comes_to_the_same(known: Known) -> None:
    explored = explore(known.units, EXHAUSTIVE, seen=known.seen)
    assert (explored.schedules, explored.outcomes) == (known.kinds, known.outcomes)


@EACH
def test_what_is_not_tracked_is_never_reduced(known: Known) -> None:
    assert explore(known.units, EXHAUSTIVE, tracked=False).schedules == known.schedules


@EACH
def test_schedules_are_counted_by_their_preemptions(known: Known) -> None:
    for bound, schedules in enumerate(known.within):
        options = StrategyOptions(bound=bound, reduce=False)
        assert explore(known.units, PREEMPTION_BOUNDED, options).schedules == schedules
    options = StrategyOptions(bound=None, reduce=False)
    explored = explore(known.units, PREEMPTION_BOUNDED, options, seen=known.seen)
    assert (explored.schedules, explored.outcomes) == (known.schedules, known.outcomes)


@EACH
def test_within_each_bound_those_left_out_come_to_nothing_else(known: Known) -> None:
    for bound in (0, 1, 2, 3, None):
        plain = StrategyOptions(bound=bound, reduce=False)
        every = explore(known.units, PREEMPTION_BOUNDED, plain, seen=known.seen)
        reduced = explore(known.units, PREEMPTION_BOUNDED, StrategyOptions(bound=bound), seen=known.seen)
        assert reduced.outcomes == every.outcomes
        assert reduced.schedules <= every.schedules


@pytest.mark.parametrize("lengths", [(3, 3), (2, 2, 2), (5, 1), (4, 3, 1), (2, 2, 2, 2)])
def test_interleavings_are_counted_by_the_multinomial(lengths: tuple[int, ...]) -> None:
    expected = factorial(sum(lengths))
    for length in lengths:
        expected //= factorial(length)
    units = [segments(length) for length in lengths]
    for strategy in (EXHAUSTIVE, PREEMPTION_BOUNDED):
        options = StrategyOptions(bound=None)
        explored = explore(units, strategy, options, tracked=False, keep=True)
        assert explored.schedules == expected
        assert len({tuple(execution.ran) for execution in explored.executions}) == expected


def test_a_loop_that_waits_for_another_is_searched_to_the_end() -> None:
    units = [classics.spin, classics.raise_flag]
    for strategy in (EXHAUSTIVE, PREEMPTION_BOUNDED):
        explored = explore(units, strategy, StrategyOptions(bound=2, reduce=False))
        assert explored.ended
        assert explored.outcomes == {(None, None)}
