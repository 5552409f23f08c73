"""What a weaker scheduler makes, and has been run, is run again only where it leads to something stronger."""

from harness.core.control import StrategyOptions
from harness.core.execution import Execution
from harness.core.feasibility import Feasibility
from harness.core.points import PAUSED, Point, Role
from harness.schedulers.preemption_bounded import STRATEGY
from tests.schedulers.toy import Body, Shared, explore

STORE = Point(Role.STORE, Feasibility.FREE_THREADED)
CALL = Point(Role.CALL, Feasibility.GIL_SWITCH)


def mixed(shared: Shared) -> Body:
    """Points of three strengths."""
    yield from (PAUSED, STORE, CALL, STORE)


def strong(execution: Execution) -> bool:
    return any(point.needs is Feasibility.FREE_THREADED for point in execution.preempted)


def ran(bound: int | None, known: Feasibility | None) -> list[Execution]:
    options = StrategyOptions(bound=bound, known=known)
    return list(explore([mixed] * 2, STRATEGY, options, tracked=False, keep=True).executions)


def test_all_that_is_stronger_is_run_and_of_the_rest_what_can_lead_there() -> None:
    for bound in (0, 1, 2, 3):
        every, fresh = ran(bound, None), ran(bound, Feasibility.GIL_SWITCH)
        assert {tuple(each.ran) for each in fresh if strong(each)} == {
            tuple(each.ran) for each in every if strong(each)
        }
        again = [each for each in fresh if not strong(each)]
        leading = [each for each in every if not strong(each) and each.preemptions < bound]
        # The first schedule of all is run in any case.
        assert len(again) == max(len(leading), 1)


def test_what_is_stronger_comes_first_among_its_like() -> None:
    fresh = ran(2, Feasibility.GIL_SWITCH)
    singles = [strong(each) for each in fresh if each.preemptions == 1 and each.ran[0] == 0]
    assert singles == [True, True, False, False]


def test_without_a_bound_all_may_lead_to_something_stronger() -> None:
    assert len(ran(None, Feasibility.GIL_SWITCH)) == len(ran(None, None))
