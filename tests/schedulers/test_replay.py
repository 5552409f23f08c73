"""The strategy that repeats a schedule from its switches, told by places."""

import pytest

from harness.controlled.greenlets import CONTROLLED
from harness.core.control import StrategyOptions
from harness.core.exploration import Switch
from harness.explorer.deviations import Deviations
from harness.explorer.schedule import Ran, run_schedule
from harness.schedulers.preemption_bounded import STRATEGY as BOUNDED
from harness.schedulers.replay import STRATEGY, Replay, same_file
from tests.explorer.explored import Requests, line_of, view_overwritten

PROGRAM = Requests(view_overwritten, names=("r1", "r2", "r3"))
PAUSES_AT = line_of(view_overwritten, "yield PAUSE")
TO_R3 = Switch("r1", "pause", "tests/explorer/explored.py", PAUSES_AT, 1, "r3")


def replayed(*switches: Switch) -> tuple[Ran, Replay]:
    scheduler = Replay(switches)
    assert scheduler.begin()
    with CONTROLLED.open() as control:
        return run_schedule(PROGRAM, control, scheduler, located=True), scheduler


def test_without_a_switch_all_run_one_after_the_other() -> None:
    ran, scheduler = replayed()
    assert ran.execution.switches == 0
    assert not scheduler.missed


def test_switches_at_its_place_and_is_the_default_everywhere_else() -> None:
    ran, scheduler = replayed(TO_R3)
    order = [ran.execution.names[unit] for unit in dict.fromkeys(ran.execution.ran)]
    assert order == ["r1", "r3", "r2"]
    assert ran.execution.preemptions == 1
    assert not scheduler.missed


@pytest.mark.parametrize(
    "elsewhere",
    [
        Switch("r1", "pause", "tests/explorer/explored.py", PAUSES_AT + 1, 1, "r3"),
        Switch("r1", "pause", "tests/explorer/explored.py", PAUSES_AT, 2, "r3"),
        Switch("r1", "wait", "tests/explorer/explored.py", PAUSES_AT, 1, "r3"),
        Switch("r1", "pause", "tests/explorer/other.py", PAUSES_AT, 1, "r3"),
        Switch("r4", "pause", "tests/explorer/explored.py", PAUSES_AT, 1, "r3"),
        Switch("r1", "pause", "tests/explorer/explored.py", PAUSES_AT, 1, "r4"),
    ],
    ids=["line", "occurrence", "role", "file", "unit", "to"],
)
def test_tells_a_switch_that_was_never_come_to(elsewhere: Switch) -> None:
    ran, scheduler = replayed(elsewhere)
    assert scheduler.missed == [elsewhere]
    assert ran.execution.switches == 0


def test_chooses_who_begins_and_who_follows_an_end() -> None:
    ran, scheduler = replayed(Switch("", "begin", "", 0, 0, "r2"), Switch("r2", "end", "", 0, 0, "r3"))
    order = [ran.execution.names[unit] for unit in dict.fromkeys(ran.execution.ran)]
    assert order == ["r2", "r3", "r1"]
    assert not scheduler.missed


def test_repeats_every_schedule_from_the_switches_that_it_was_told_by() -> None:
    with CONTROLLED.open() as control:
        bounded = BOUNDED.make(StrategyOptions(bound=None, reduce=False))
        schedules = 0
        while bounded.begin():
            noting = Deviations(bounded)
            ran = run_schedule(PROGRAM, control, noting, located=True)
            bounded.done(ran.execution)
            scheduler = STRATEGY.make(StrategyOptions(switches=noting.switches))
            assert scheduler.begin()
            again = run_schedule(PROGRAM, control, scheduler, located=True)
            assert again.execution.ran == ran.execution.ran
            schedules += 1
    # Three units of two segments each: 6! / (2! 2! 2!).
    assert schedules == 90


def test_of_no_switch_it_needs_no_places() -> None:
    with CONTROLLED.open() as control:
        scheduler = STRATEGY.make(StrategyOptions())
        assert scheduler.begin()
        assert run_schedule(PROGRAM, control, scheduler).execution.switches == 0


def test_has_one_schedule() -> None:
    scheduler = STRATEGY.make(StrategyOptions(switches=()))
    assert scheduler.begin()
    assert not scheduler.begin()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("scenarios/read_back.py", "/srv/project/scenarios/read_back.py", True),
        ("work/shop/views.py", "/other/shop/views.py", True),
        ("views.py", "/other/shop/views.py", True),
        ("shop\\views.py", "C:\\project\\shop\\views.py", True),
        ("shop/views.py", "/other/cart/views.py", False),
        ("shop/views.py", "/other/shop/reviews.py", False),
        ("shop/views.py", "", False),
        ("", "", True),
    ],
)
def test_files_compare_by_their_ends(one: str, other: str, same: bool) -> None:
    assert same_file(one, other) is same
    assert same_file(other, one) is same
