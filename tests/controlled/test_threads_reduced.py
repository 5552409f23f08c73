"""Leaving out equivalent schedules of threads loses no outcome: what they touch tells what waits, wakes or runs out."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from harness.controlled.threads import CONTROLLED
from harness.core.control import StrategyOptions, Watch, Work
from harness.core.execution import Execution
from harness.core.feasibility import Feasibility
from harness.schedulers.preemption_bounded import STRATEGY
from tests.controlled.explored_threads import FINELY, JITTER, works

Program = tuple[Sequence[Work], Callable[[], Any]]


def two_consumers() -> Program:
    line: queue.SimpleQueue[int] = queue.SimpleQueue()
    got: list[list[int]] = [[], []]

    def produce() -> None:
        line.put(1)
        line.put(2)

    return works(lambda: got[0].append(line.get()), lambda: got[1].append(line.get()), produce), lambda: str(
        got
    )


def two_that_run_out() -> Program:
    lock = threading.Lock()
    taken: list[bool | None] = [None, None]

    def hold() -> None:
        with lock:
            time.sleep(3)

    def hurry(number: int, timeout: float) -> Callable[[], None]:
        def call() -> None:
            taken[number] = lock.acquire(timeout=timeout)
            if taken[number]:
                lock.release()

        return call

    return works(hold, hurry(0, 2), hurry(1, 5)), lambda: str(taken)


def notified() -> Program:
    condition = threading.Condition()
    items: list[int] = []
    got: list[list[int]] = [[], []]

    def take(number: int) -> Callable[[], None]:
        def call() -> None:
            with condition:
                while not items:
                    condition.wait()
                got[number].append(items.pop(0))

        return call

    def give() -> None:
        for item in (1, 2):
            with condition:
                items.append(item)
                condition.notify()

    return works(take(0), take(1), give), lambda: str(got)


def three_that_try() -> Program:
    lock = threading.Lock()
    taken: list[bool] = [False] * 3

    def attempt(number: int) -> Callable[[], None]:
        def call() -> None:
            taken[number] = lock.acquire(blocking=False)
            if taken[number]:
                lock.release()

        return call

    return works(*map(attempt, range(3))), lambda: str(taken)


def outcomes(make: Callable[[], Program], watch: Watch, *, reduce: bool) -> tuple[int, set[tuple[Any, str]]]:
    schedules = 0
    found = set()
    with CONTROLLED.open() as control:
        control.watch(watch)
        scheduler = STRATEGY.make(StrategyOptions(bound=2, reduce=reduce))
        while scheduler.begin():
            program, outcome = make()
            execution = Execution(scheduler, tracked=True)
            control.run(program, execution)
            scheduler.done(execution)
            schedules += 1
            found.add((outcome(), str(execution.fate)))
    return schedules, found


@pytest.mark.parametrize("level", [Feasibility.JITTER, Feasibility.GIL_SWITCH])
@pytest.mark.parametrize(
    ("make", "different"), [(two_consumers, 2), (two_that_run_out, 4), (notified, 2), (three_that_try, None)]
)
def test_no_outcome_is_lost(make: Callable[[], Program], different: int | None, level: Feasibility) -> None:
    watch = JITTER if level is Feasibility.JITTER else FINELY
    every, plain = outcomes(make, watch, reduce=False)
    fewer, reduced = outcomes(make, watch, reduce=True)
    assert plain == reduced
    assert fewer <= every
    assert different is None or len(plain) == different
