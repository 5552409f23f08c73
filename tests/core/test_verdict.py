"""Outcomes are summed up, held against promises, and clean counts given their bound."""

from itertools import product

import pytest

from harness.core.verdict import Grade, Need, Outcome, demands, grade, upper_bound, worst
from localimpl import Promise, Unit

EVERYTHING = frozenset(Need)
NO_REUSE = EVERYTHING - {Need.REUSE}
NO_OVERLAP = frozenset({Need.REUSE, Need.ENDS})

KEEPS_THREADS = Promise(
    isolates=frozenset({Unit.THREAD}),
    refuted_on=frozenset({(Unit.GREENLET, "read_back"), (Unit.THREAD, "child_unreleased")}),
)

GRADES = [
    # promised
    (Unit.THREAD, "read_back", EVERYTHING, Outcome.ISOLATED, Grade.KEPT),
    (Unit.THREAD, "read_back", EVERYTHING, Outcome.INCONCLUSIVE, Grade.UNPROVEN),
    (Unit.THREAD, "read_back", EVERYTHING, Outcome.MIXED, Grade.BROKEN),
    (Unit.THREAD, "read_back", NO_OVERLAP, Outcome.INCONCLUSIVE, Grade.UNPROVEN),
    # must be caught, also where the unit as such is promised
    (Unit.GREENLET, "read_back", EVERYTHING, Outcome.MIXED, Grade.CAUGHT),
    (Unit.GREENLET, "read_back", EVERYTHING, Outcome.ISOLATED, Grade.MISSED),
    (Unit.GREENLET, "read_back", EVERYTHING, Outcome.INCONCLUSIVE, Grade.MISSED),
    (Unit.THREAD, "child_unreleased", EVERYTHING, Outcome.MIXED, Grade.CAUGHT),
    (Unit.THREAD, "child_unreleased", EVERYTHING, Outcome.ISOLATED, Grade.MISSED),
    # a place that does not give every chance demands nothing of a control, but what it shows counts
    (Unit.GREENLET, "read_back", NO_OVERLAP, Outcome.ISOLATED, Grade.UNPROMISED),
    (Unit.GREENLET, "read_back", NO_REUSE, Outcome.ISOLATED, Grade.UNPROMISED),
    (Unit.GREENLET, "read_back", NO_OVERLAP, Outcome.MIXED, Grade.CAUGHT),
    # neither promised nor refuted
    (Unit.GREENLET, "starts_empty", EVERYTHING, Outcome.MIXED, Grade.UNPROMISED),
    (Unit.TASK, "read_back", EVERYTHING, Outcome.ISOLATED, Grade.UNPROMISED),
    (Unit.TASK, "read_back", EVERYTHING, Outcome.INCONCLUSIVE, Grade.UNPROMISED),
]


@pytest.mark.parametrize(("unit", "scenario", "offers", "outcome", "expected"), GRADES)
def test_an_outcome_is_held_against_the_promise(
    unit: Unit, scenario: str, offers: frozenset[Need], outcome: Outcome, expected: Grade
) -> None:
    assert grade(outcome, KEEPS_THREADS, unit, scenario, offers) is expected


def test_every_grade_is_given() -> None:
    assert {case[-1] for case in GRADES} == set(Grade)


@pytest.mark.parametrize(
    ("unit", "offers", "expected"),
    [
        (Unit.THREAD, EVERYTHING, True),
        (Unit.THREAD, NO_REUSE, False),
        (Unit.GREENLET, NO_REUSE, False),
        (Unit.TASK, NO_REUSE, True),
        (Unit.THREAD, NO_OVERLAP, False),
        (Unit.TASK, NO_OVERLAP, False),
    ],
)
def test_a_control_must_be_caught_where_every_chance_is_given(
    unit: Unit, offers: frozenset[Need], expected: bool
) -> None:
    assert demands(unit, offers) is expected


def test_the_worst_wins() -> None:
    order = [Outcome.ISOLATED, Outcome.INCONCLUSIVE, Outcome.MIXED]
    for one, other in product(order, order):
        assert worst([one, other]) is max(one, other, key=order.index)


def test_of_no_outcome_nothing_is_known() -> None:
    assert worst([]) is Outcome.INCONCLUSIVE


# 0 of 59 is the textbook's smallest count that excludes 5 % at 95 % confidence: 0.95**59 < 0.05 < 0.95**58.
@pytest.mark.parametrize(
    ("chances", "confidence", "bound"),
    [(1, 0.95, 0.95), (1, 0.5, 0.5), (2, 0.75, 0.5), (100, 0.95, 0.0295130), (3000, 0.95, 0.000998077)],
)
def test_no_mix_up_in_n_chances_excludes_a_rate(chances: int, confidence: float, bound: float) -> None:
    assert upper_bound(chances, confidence) == pytest.approx(bound, rel=1e-5)


def test_fifty_nine_clean_chances_exclude_five_percent() -> None:
    fewer, enough = upper_bound(58), upper_bound(59)
    assert fewer is not None
    assert enough is not None
    assert enough < 0.05 < fewer


def test_without_a_chance_there_is_no_bound() -> None:
    assert upper_bound(0) is None
