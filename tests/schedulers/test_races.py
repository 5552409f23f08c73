"""Which steps race, in schedules written by hand: (who ran, what was touched, who could have run)."""

import pytest

from harness.core.points import WORLD, Touch
from harness.schedulers._races import disturb, initials, races

R: tuple[Touch, ...] = (("x", False),)
W: tuple[Touch, ...] = (("x", True),)
OTHER: tuple[Touch, ...] = (("y", True),)
NONE: tuple[Touch, ...] = ()


def found(
    ran: list[int],
    touches: list[tuple[Touch, ...]],
    options: list[tuple[int, ...]] | None = None,
    first: int = 0,
) -> list[tuple[int, int, bool]]:
    everybody = [tuple(sorted(set(ran)))] * len(ran)
    return [
        (race.earlier, race.later, race.direct) for race in races(ran, touches, options or everybody, first)
    ]


@pytest.mark.parametrize(
    ("one", "other", "disturbs"),
    [(W, W, True), (W, R, True), (R, R, False), (W, OTHER, False), (W, NONE, False), (WORLD, NONE, True)],
)
def test_steps_disturb_each_other_if_they_share_what_one_writes(
    one: tuple[Touch, ...], other: tuple[Touch, ...], disturbs: bool
) -> None:
    assert disturb(one, other) is disturbs
    assert disturb(other, one) is disturbs
    assert found([0, 1], [one, other]) == ([(0, 1, True)] if disturbs else [])


def test_steps_of_one_unit_do_not_race() -> None:
    assert found([0, 0], [W, W]) == []


def test_a_race_that_another_keeps_in_order_is_not_direct() -> None:
    assert found([0, 1, 2], [W, W, W]) == [(0, 1, True), (1, 2, True), (0, 2, False)]


def test_what_ones_own_unit_has_met_before_races_no_more() -> None:
    assert found([0, 1, 1], [W, W, W]) == [(0, 1, True)]


def test_a_unit_does_not_race_with_who_made_it_ready() -> None:
    assert found([0, 1], [W, W], [(0,), (1,)]) == []
    assert found([0, 0, 1], [W, W, W], [(0,), (0, 1), (0, 1)]) == [(1, 2, True)]


def test_a_unit_does_race_with_who_ran_after_it_was_made_ready() -> None:
    assert found([0, 2, 1], [W, W, W], [(0, 2), (1, 2), (1,)]) == [(0, 1, True), (1, 2, True)]


def test_only_races_of_new_steps_are_told() -> None:
    assert found([0, 1, 0], [W, W, W], first=2) == [(1, 2, True)]


def test_initials_are_who_can_go_before_the_earlier_step() -> None:
    ran, touches = [0, 1, 2], [W, OTHER, W]
    (race,) = races(ran, touches, [(0, 1, 2)] * 3, 0)
    assert (race.earlier, race.later) == (0, 2)
    assert initials(race, ran) == [2, 1]


def test_who_can_go_only_after_another_is_no_initial() -> None:
    both = (("x", True), ("y", False))
    ran, touches = [0, 1, 2], [W, OTHER, both]
    race = next(race for race in races(ran, touches, [(0, 1, 2)] * 3, 0) if race.earlier == 0)
    assert initials(race, ran) == [1]
