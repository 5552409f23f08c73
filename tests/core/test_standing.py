"""A unit that stands and picks in one call comes to the same as one that parks, after which the host picks."""

from random import Random

import pytest

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import LONG_PATIENCE, NOBODY, PATIENCE, Execution, Fate
from harness.core.feasibility import Feasibility
from harness.core.points import PAUSED, Point, Role
from harness.schedulers.pct import STRATEGY as PCT
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED
from harness.schedulers.random_walk import STRATEGY as RANDOM_WALK

POINTS = [
    PAUSED,
    Point(Role.ACCESS, Feasibility.GIL_SWITCH, "app.py", 7, object="user", writes=True),
    Point(Role.CALL, Feasibility.GIL_SWITCH, "app.py", 8),
]
SEEN = (
    "ran", "options", "touches", "preemptions", "preempted", "switches", "contested", "fate", "trouble", "tired",
    "names", "waiting",
)  # fmt: skip


class InTwo(Execution):
    """Stands by parking and picking, and always asks the scheduler."""

    __slots__ = ()

    def stand(self, point: Point) -> int:
        self.park(self.current, point)
        return self.pick()

    def let_go_on(self, until: int) -> None:
        pass


def run(execution: Execution, seed: int, steps: int) -> None:
    """Let three units, and those that they begin, do what a seed says."""
    draw = Random(seed)
    for number in range(3):
        execution.add(f"r{number + 1}")
    chosen = execution.pick()
    while chosen != NOBODY:
        now = draw.random()
        if len(execution.ran) >= steps:
            execution.end(chosen)
            for unit in list(execution.waiting):
                execution.wake(unit)
            chosen = execution.pick()
            continue
        if now < 0.05 and len(execution.names) < 6:
            execution.add(f"r1/{len(execution.names)}")
        if now < 0.15 and execution.waiting:
            execution.wake(next(iter(execution.waiting)))
        if now < 0.2:
            execution.touch("cart", now < 0.1)
        if 0.2 < now < 0.25:
            execution.hold("cart", True)
            if now < 0.22:
                chosen = execution.stand(POINTS[2])
                if chosen == NOBODY:
                    return
                execution.current = chosen
            if execution._held.get(chosen):
                execution.let_go()
        if 0.3 < now < 0.305:
            execution.lose_control("drawn")
        if 0.9 < now < 0.95 and execution.ready:
            execution.wait(chosen, "another")
            chosen = execution.pick()
        else:
            chosen = execution.stand(draw.choice(POINTS))


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("strategy", [PCT, PREEMPTION_BOUNDED, RANDOM_WALK], ids=lambda each: each.name)
def test_it_is_the_same_in_one_call_and_in_two(strategy: Strategy, tracked: bool) -> None:
    options = StrategyOptions(seed=3, bound=1)
    fates = set()
    for first in range(0, 150, 10):  # programs differ, so a search of them soon has nothing left
        schedulers = [strategy.make(options) for _ in range(2)]
        for seed in range(first, first + 10):
            begun = [scheduler.begin() for scheduler in schedulers]
            assert begun[0] == begun[1]
            if not begun[0]:
                break
            executions = [
                kind(scheduler, tracked=tracked)
                for kind, scheduler in zip((Execution, InTwo), schedulers, strict=True)
            ]
            for execution in executions:
                run(execution, seed, steps=60)
                execution.scheduler.done(execution)
            one, two = ([getattr(execution, name) for name in SEEN] for execution in executions)
            assert one == two
            fates.add(executions[0].fate)
    assert {Fate.DONE, Fate.UNCONTROLLED} <= fates


@pytest.mark.parametrize(("point", "patience"), [(POINTS[0], PATIENCE), (POINTS[1], LONG_PATIENCE)])
def test_patience_ends_at_the_same_step(point: Point, patience: int) -> None:
    schedulers = [PREEMPTION_BOUNDED.make(StrategyOptions(bound=0)) for _ in range(2)]
    left = []
    for execution in (Execution(schedulers[0]), InTwo(schedulers[1])):
        execution.scheduler.begin()
        execution.add("r1")
        execution.add("r2")
        execution.pick()
        while execution.stand(point) == 0:
            pass
        left.append(len(execution.ran))
    assert left[0] == left[1] == patience + 3


def test_a_unit_let_go_on_is_asked_about_when_another_becomes_ready() -> None:
    asked: list[int] = []

    class Stays:
        def begin(self) -> bool:
            return True

        def pick(self, execution: Execution) -> int:
            asked.append(len(execution.ran))
            execution.let_go_on(10)
            return 0

        def done(self, execution: Execution) -> None:
            pass

    execution = Execution(Stays())
    execution.add("r1")
    execution.add("r2")
    execution.pick()
    for _ in range(3):
        execution.stand(POINTS[1])
    assert asked == [0, 1]
    execution.add("r3")
    execution.stand(POINTS[1])
    assert asked == [0, 1, 4]
    for _ in range(6):
        execution.stand(POINTS[1])
    assert asked == [0, 1, 4, 10]
