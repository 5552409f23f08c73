"""The state machine of one schedule, driven by hand: no unit runs, a test says what each would have done."""

from collections.abc import Sequence

import pytest

from harness.core.execution import CLOCK, LONG_PATIENCE, NOBODY, PATIENCE, Execution, Fate
from harness.core.feasibility import Feasibility
from harness.core.points import PAUSED, Point, Role

ACCESS = Point(Role.ACCESS, Feasibility.GIL_SWITCH, "app.py", 7, object="user", writes=True)


class Says:
    """Picks what it was told, and the default when that is used up."""

    def __init__(self, *picks: int) -> None:
        self.picks = list(picks)
        self.asked: list[tuple[int, ...]] = []

    def begin(self) -> bool:
        return True

    def pick(self, execution: Execution) -> int:
        self.asked.append(tuple(execution.ready))
        return self.picks.pop(0) if self.picks else execution.default()

    def done(self, execution: Execution) -> None:
        pass


def begun(units: int, *picks: int) -> Execution:
    execution = Execution(Says(*picks))
    for number in range(units):
        assert execution.add(f"r{number}") == number
    return execution


def asked(execution: Execution) -> Sequence[tuple[int, ...]]:
    assert isinstance(execution.scheduler, Says)
    return execution.scheduler.asked


def go(execution: Execution, steps: Sequence[int | None]) -> list[int]:
    """Let each unit that is picked park, or end where None is given in its place; return who ran."""
    ran = []
    for step in steps:
        unit = execution.pick()
        ran.append(unit)
        if step is None:
            execution.end(unit)
        else:
            execution.park(unit)
    return ran


def test_who_runs_goes_on_until_it_ends_and_then_whoever_was_ready_first() -> None:
    execution = begun(3)
    assert go(execution, [0, 0, None, 1, None, None]) == [0, 0, 0, 1, 1, 2]
    assert execution.pick() == NOBODY
    assert execution.fate is Fate.DONE
    assert execution.ran == [0, 0, 0, 1, 1, 2]
    assert execution.options == [(0, 1, 2), (1, 2, 0), (1, 2, 0), (1, 2), (2, 1), (2,)]


def test_a_unit_that_parks_is_ready_behind_those_that_were_before() -> None:
    execution = begun(3, 0, 1, 2)
    go(execution, [0, 1, 2])
    assert execution.ready == [0, 1, 2]


def test_the_scheduler_is_asked_only_where_there_is_a_choice() -> None:
    execution = begun(2)
    go(execution, [0, None, 1, 1, None])
    assert asked(execution) == [(0, 1), (1, 0)]


def test_a_preemption_is_to_leave_a_unit_that_could_go_on() -> None:
    execution = begun(2, 0, 1)
    execution.pick()
    execution.park(0, ACCESS)
    execution.pick()
    execution.end(1)
    execution.pick()
    execution.end(0)
    execution.pick()
    assert (execution.preemptions, execution.switches, execution.contested) == (1, 1, 1)
    assert execution.preempted == [ACCESS]


def test_to_leave_a_unit_that_waits_is_a_switch_and_no_preemption() -> None:
    execution = begun(2, 0)
    execution.pick()
    execution.wait(0, "a lock that r1 holds")
    assert execution.waiting == {0: "a lock that r1 holds"}
    assert execution.pick() == 1
    execution.wake(0)
    execution.end(1)
    assert execution.pick() == 0
    execution.end(0)
    execution.pick()
    assert (execution.preemptions, execution.switches, execution.contested) == (0, 1, 0)
    assert execution.fate is Fate.DONE


def test_to_go_from_a_unit_that_ended_is_neither() -> None:
    execution = begun(2)
    go(execution, [None, None])
    execution.pick()
    assert (execution.preemptions, execution.switches, execution.contested) == (0, 0, 0)


def test_switch_points_at_which_all_went_on_are_contested_all_the_same() -> None:
    execution = begun(2)
    go(execution, [0, 0, None, None])
    execution.pick()
    assert (execution.contested, execution.switches) == (2, 0)


def test_a_unit_alone_is_not_contested() -> None:
    execution = begun(1)
    go(execution, [0, 0, None])
    execution.pick()
    assert (execution.contested, asked(execution)) == (0, [])


def test_units_that_wait_for_each_other_are_a_deadlock() -> None:
    execution = begun(2)
    execution.pick()
    execution.wait(0, "b")
    execution.pick()
    execution.wait(1, "a")
    assert execution.pick() == NOBODY
    assert execution.fate is Fate.DEADLOCK
    assert execution.waiting == {0: "b", 1: "a"}


def test_a_unit_that_waits_and_keeps_the_thread_ends_the_schedule_in_a_deadlock() -> None:
    execution = begun(3)
    execution.pick()
    execution.wait(0, "a result")
    execution.pick()
    execution.block("the lock that unit 0 holds")
    assert list(execution.waiting.items()) == [(1, "the lock that unit 0 holds"), (0, "a result")]
    assert execution.pick() == NOBODY
    assert execution.fate is Fate.DEADLOCK
    assert execution.ran == [0, 1]


def test_a_unit_that_keeps_the_thread_is_found_where_it_stood_in_a_row() -> None:
    execution = begun(2)
    execution.pick()
    execution.stand(PAUSED)
    execution.block("the lock that it holds itself")
    assert execution.stand(PAUSED) == NOBODY


def test_to_wake_who_does_not_wait_changes_nothing() -> None:
    execution = begun(2)
    execution.wake(1)
    assert execution.ready == [0, 1]


def test_a_unit_may_be_added_while_another_runs() -> None:
    execution = begun(1)
    execution.pick()
    assert execution.add("child") == 1
    execution.end(0)
    assert execution.pick() == 1
    execution.end(1)
    assert execution.pick() == NOBODY
    assert execution.fate is Fate.DONE
    assert execution.options == [(0,), (1,)]


@pytest.mark.parametrize(
    ("point", "patience"),
    [(Point(Role.PAUSE, Feasibility.JITTER), PATIENCE), (ACCESS, LONG_PATIENCE)],
    ids=["pauses", "other points"],
)
def test_a_unit_that_only_goes_round_is_left_for_one_that_waits_long_at_no_cost(
    point: Point, patience: int
) -> None:
    execution = begun(2)
    for _ in range(patience + 2):
        assert execution.pick() == 0
        execution.park(0, point)
    assert execution.tired
    assert execution.pick() == 1
    assert not execution.tired
    assert (execution.preemptions, execution.switches) == (0, 1)


def test_patience_is_fresh_after_each_switch() -> None:
    execution = begun(2, *[0] * PATIENCE, 1, 0)
    for _ in range(PATIENCE + 2):
        execution.park(execution.pick())
    assert execution.ran[-2:] == [1, 0]
    assert execution.pick() == 0
    assert not execution.tired


def test_a_unit_with_nobody_else_to_go_on_is_never_left() -> None:
    execution = begun(1)
    go(execution, [0] * (PATIENCE * 3))
    assert execution.pick() == 0


def test_no_timeout_fires_before_its_time_because_a_unit_lost_patience() -> None:
    execution = begun(1)
    clock = execution.add(CLOCK)
    for _ in range(PATIENCE * 3):
        assert execution.pick() == 0
        execution.park(0)
        execution.ready.sort()  # as a host does that keeps the clock behind who is ready now
    assert clock in execution.choices()
    assert execution.preemptions == 0


def test_two_that_lost_patience_take_turns_before_a_timeout_that_is_not_due() -> None:
    execution = begun(2)
    execution.add(CLOCK)
    for _ in range(PATIENCE * 9):
        execution.park(execution.pick())
        execution.ready.sort(key=lambda unit: unit == 2)
    assert set(execution.ran) == {0, 1}
    assert execution.preemptions == 0


def test_a_timeout_that_is_due_is_in_its_turn_like_any_unit() -> None:
    execution = begun(0)
    execution.add(f"{CLOCK}/2")
    execution.add("r0")
    assert execution.pick() == 0


def test_a_timeout_that_is_not_due_gives_way_to_whoever_is_ready() -> None:
    execution = begun(2)
    execution.add(CLOCK)
    assert go(execution, [None, None]) == [0, 1]
    assert execution.options == [(0, 1, 2), (1, 2)]
    assert execution.pick() == 2


def test_two_that_pause_for_ever_are_a_livelock() -> None:
    execution = Execution(Says(), cap=500)
    execution.add("r0")
    execution.add("r1")
    go(execution, [0] * 500)
    assert execution.pick() == NOBODY
    assert execution.fate is Fate.LIVELOCK


def test_a_unit_that_gets_on_and_on_is_capped() -> None:
    execution = Execution(Says(), cap=500)
    execution.add("r0")
    for _ in range(500):
        execution.park(execution.pick(), ACCESS)
    assert execution.pick() == NOBODY
    assert execution.fate is Fate.CAPPED


def test_control_that_was_lost_ends_the_schedule() -> None:
    execution = begun(2)
    execution.pick()
    execution.lose_control("r0 opened a socket")
    execution.park(0)
    assert execution.pick() == NOBODY
    assert (execution.fate, execution.trouble) == (Fate.UNCONTROLLED, "r0 opened a socket")


def test_results_and_errors_are_kept_by_unit() -> None:
    execution = begun(2)
    error = ValueError("no")
    execution.pick()
    execution.end(0, "yes")
    execution.pick()
    execution.end(1, error=error)
    assert execution.results == ["yes", None]
    assert execution.errors == [None, error]


def test_touches_are_kept_by_the_step_that_made_them() -> None:
    execution = begun(2, 0, 1)
    execution.touch("before all", True)
    execution.pick()
    execution.touch("user", True)
    execution.touch("user", False)
    execution.park(0)
    execution.pick()
    execution.end(1)
    execution.pick()
    execution.touch("user", False)
    execution.end(0)
    execution.pick()
    assert execution.touches == [(("user", True), ("user", False)), (), (("user", False),)]


def test_births_and_waits_are_touches_where_all_are_because_their_order_matters() -> None:
    execution = Execution(Says(0), tracked=True)
    execution.add("r0")
    execution.add("r1")
    execution.pick()
    execution.wait(0, "r1")
    execution.pick()
    execution.wake(0)
    execution.add("child")
    execution.end(1)
    execution.pick()
    waits, wakes = execution.touches
    assert waits == wakes[:1]
    assert all(writes for _, writes in wakes)
    assert len(wakes) == 2


def test_a_point_that_names_an_object_tells_what_the_step_touches_unless_all_is_announced() -> None:
    for tracked, touches in ((False, [(), (("user", True),)]), (True, [(), ()])):
        execution = Execution(Says(), tracked=tracked)
        execution.add("r0")
        execution.pick()
        execution.park(0, ACCESS)
        execution.pick()
        execution.end(0)
        execution.pick()
        assert execution.touches == touches


def test_anchors_tell_where_who_ran_before_stood_and_how_often() -> None:
    execution = Execution(Says(), locate=lambda unit: ("view.py", 10 + unit))
    execution.add("r0")
    execution.add("r1")
    for _ in range(2):
        execution.pick()
        execution.park(0)
    execution.pick()
    execution.park(0, ACCESS)
    execution.pick()
    assert execution.anchors == [
        None,
        ("pause", "view.py", 10, 1),
        ("pause", "view.py", 10, 2),
        ("access", "app.py", 7, 1),
    ]


def test_who_has_begun_and_not_ended_is_under_way() -> None:
    execution = begun(3, 0, 1)
    go(execution, [0, None])
    assert execution.going_on() == [0]
