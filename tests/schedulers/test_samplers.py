"""What the strategies that draw promise of their draws, with seeds that make each run of these tests draw the same."""

from collections import Counter
from collections.abc import Sequence

import pytest

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import PATIENCE
from harness.core.points import PAUSED
from harness.schedulers.pct import STRATEGY as PCT
from harness.schedulers.random_walk import STRATEGY as RANDOM_WALK
from harness.schedulers.urw import STRATEGY as URW
from tests.schedulers import classics
from tests.schedulers.toy import Body, Shared, Unit, explore, segments

KINDS = 20
"""Interleavings of two units of three segments."""
EACH = 200


def drawn(strategy: Strategy, units: Sequence[Unit], count: int, **options: int) -> Counter[tuple[int, ...]]:
    made = StrategyOptions(**options)  # type: ignore[arg-type]
    explored = explore(units, strategy, made, most=count, keep=True)
    return Counter(tuple(execution.ran) for execution in explored.executions)


def test_urw_draws_each_interleaving_alike() -> None:
    counts = drawn(URW, [segments(3)] * 2, KINDS * EACH)
    assert len(counts) == KINDS
    # Of 200 expected, the standard deviation is 14.
    assert all(abs(count - EACH) < 60 for count in counts.values())


def test_a_plain_walk_does_not() -> None:
    counts = drawn(RANDOM_WALK, [segments(3)] * 2, KINDS * EACH)
    assert len(counts) == KINDS
    assert counts[0, 0, 0, 1, 1, 1] > 2 * EACH
    assert counts[0, 1, 0, 1, 0, 1] < EACH


def test_urw_counts_the_steps_of_units_that_are_yet_to_be_added() -> None:
    def parent(shared: Shared) -> Body:
        yield PAUSED
        for _ in range(3):
            shared.spawn(segments(3))

    counts = drawn(URW, [parent, segments(3)], 4_000)
    # The other unit's three steps are as likely to be the last three of all as any others.
    late = sum(count for ran, count in counts.items() if ran[-1] == 1)
    assert 0.15 < late / 4_000 < 0.35


@pytest.mark.parametrize("strategy", [URW, PCT, RANDOM_WALK], ids=lambda strategy: strategy.name)
def test_loops_that_wait_for_others_end(strategy: Strategy) -> None:
    explored = explore([classics.spin, classics.spin, classics.raise_flag], strategy, most=50, keep=True)
    assert explored.outcomes == {(None, None, None)}
    assert max(len(execution.ran) for execution in explored.executions) < 6 * PATIENCE


def test_pct_lowers_no_more_priorities_than_its_depth_allows() -> None:
    for depth in (1, 2, 3):
        explored = explore([segments(10)] * 3, PCT, StrategyOptions(depth=depth), most=300, keep=True)
        most = max(execution.preemptions for execution in explored.executions)
        assert most == depth - 1


def test_pct_measures_how_long_schedules_are() -> None:
    """With a horizon far too large the steps at which priorities are lowered lie behind the end."""
    units = [segments(10)] * 2
    measured = explore(units, PCT, StrategyOptions(depth=2), most=300, keep=True)
    guessed = explore(units, PCT, StrategyOptions(depth=2, horizon=4_096), most=300, keep=True)
    assert sum(execution.preemptions for execution in measured.executions) > 100
    assert sum(execution.preemptions for execution in guessed.executions) < 10


def test_pct_finds_a_mix_up_as_often_as_it_promises() -> None:
    """A lost update needs two things in order: with 2 units and 4 steps, at least one schedule of eight."""
    explored = explore(
        [classics.increment] * 2,
        PCT,
        StrategyOptions(depth=2),
        most=800,
        keep=True,
    )
    lost = sum(execution.ran[0] != execution.ran[1] for execution in explored.executions)
    assert lost >= 100


def test_pct_lowers_who_runs_alone_as_well() -> None:
    def parent(shared: Shared) -> Body:
        for _ in range(3):
            yield PAUSED
        shared.spawn(segments(2))
        yield PAUSED

    for ran in drawn(PCT, [parent], 50, depth=2, horizon=4):
        assert ran[:5] == (0, 0, 0, 0, 1)
