"""The weakest scheduler of a schedule is told from who could go on at each step and who did, children included."""

import pytest

from harness.core.execution import Execution
from harness.core.feasibility import Feasibility
from harness.core.history import History
from harness.core.points import PAUSED, Point, Role
from harness.explorer.schedule import Following, Ran

CALL = Point(Role.CALL, Feasibility.GIL_SWITCH)


def ran(names: str, steps: str, point: Point = PAUSED) -> Ran:
    """Run units by the digits of ``steps``: ``a a/1 b`` with ``0012`` gives a two steps, its child one and b one.

    A unit stands at the point after each of its steps but the last. One that has begun another waits until that ends.
    """
    execution = Execution(Following([int(step) for step in steps]))
    units = names.split()
    for name in units:
        number = execution.add(name)
        if "/" in name:
            execution.ready.remove(number)
    left = {unit: steps.count(str(unit)) for unit in range(len(units))}
    while (unit := execution.pick()) >= 0:
        left[unit] -= 1
        child = next((other for other, name in enumerate(units) if name.startswith(f"{units[unit]}/")), None)
        if not left[unit]:
            execution.end(unit)
            parent = units.index(units[unit].partition("/")[0])
            execution.wake(parent)
        elif child is not None:
            execution.wait(unit, "its child")
            execution.ready.append(child)
        else:
            execution.park(unit, point)
    assert "".join(map(str, execution.ran)) == steps
    return Ran(execution, History(), None)


@pytest.mark.parametrize(
    ("names", "steps", "needs"),
    [
        ("a b", "0011", Feasibility.SEQUENTIAL),
        ("a b", "1100", Feasibility.SEQUENTIAL),
        ("a b", "0101", Feasibility.FIFO),
        ("a b", "0110", Feasibility.JITTER),
        ("a a/1 b", "01022", Feasibility.SEQUENTIAL),
        ("a a/1 b", "02120", Feasibility.FIFO),
        ("a a/1 b", "02210", Feasibility.JITTER),
    ],
)
def test_a_schedule_needs_the_weakest_that_could_have_picked_so(
    names: str, steps: str, needs: Feasibility
) -> None:
    assert ran(names, steps).needs() is needs


def test_a_unit_that_is_left_where_only_stronger_ones_can_needs_those() -> None:
    assert ran("a b", "0101", CALL).needs() is Feasibility.GIL_SWITCH
    assert ran("a b", "0011", CALL).needs() is Feasibility.SEQUENTIAL
