"""Two threads of three segments have 20 schedules, however they give way; one thread for each request has as many."""

import _thread
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest
from greenlet import getcurrent, greenlet

from harness.controlled._threads.locks import ScheduledLock
from harness.controlled.threads import CONTROLLED
from harness.controlled.threads_per_request import CONTROLLED as PER_REQUEST
from harness.core.control import ControlledHost, StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.core.steps import PAUSE, Script
from harness.schedulers.preemption_bounded import STRATEGY
from tests.controlled.explored_threads import explore, works

Program = tuple[Sequence[Work], Callable[[], Any]]


def by_functions() -> Program:
    log: list[str] = []

    def run(name: str) -> Callable[[], None]:
        def call() -> None:
            log.append(name)
            time.sleep(0)
            log.append(name)
            time.sleep(0)
            log.append(name)

        return call

    return works(run("a"), run("b")), lambda: "".join(log)


def by_scripts() -> Program:
    log: list[str] = []

    def visit(label: str) -> Script[None]:
        log.append(label)
        yield PAUSE
        log.append(label)
        yield PAUSE
        log.append(label)

    return [Work(name, visits=[(1, visit)]) for name in "ab"], lambda: "".join(log).replace("/1", "")


@pytest.mark.parametrize("host", [CONTROLLED, PER_REQUEST], ids=lambda host: host.name)
@pytest.mark.parametrize("make", [by_functions, by_scripts])
@pytest.mark.parametrize(("bound", "schedules"), [(0, 2), (1, 6), (2, 14), (3, 18), (None, 20)])
def test_two_units_of_three_segments(
    host: ControlledHost, make: Callable[[], Program], bound: int | None, schedules: int
) -> None:
    explored = explore(make, bound, host=host)
    assert explored.schedules == len(explored.outcomes) == schedules
    assert explored.fates == {Fate.DONE: schedules}
    assert (
        max(execution.preemptions for execution in explored.executions) <= (3 if bound is None else bound) + 1
    )


def test_three_units_that_pause_once() -> None:
    def make() -> Program:
        log: list[str] = []

        def run(name: str) -> Callable[[], None]:
            def call() -> None:
                log.append(name)
                time.sleep(1)
                log.append(name)

            return call

        return works(*map(run, "abc")), lambda: "".join(log)

    explored = explore(make, None)
    assert explored.schedules == len(explored.outcomes) == 90  # 6! / (2! * 2! * 2!)


def test_a_loop_that_waits_for_another_unit_ends() -> None:
    def make() -> Program:
        ready: list[bool] = []

        def wait() -> str:
            while not ready:
                time.sleep(0)
            return "seen"

        return works(wait, lambda: ready.append(True)), lambda: len(ready)

    explored = explore(make, 1)
    assert set(explored.fates) == {Fate.DONE}
    assert all(execution.results[0] == "seen" for execution in explored.executions)


def test_results_and_errors_are_those_of_the_units() -> None:
    def fail() -> None:
        raise LookupError("nothing there")

    explored = explore(lambda: (works(lambda: 7, fail), lambda: None), 0)
    for execution in explored.executions:
        assert execution.results == [7, None]
        assert execution.errors[0] is None
        assert isinstance(execution.errors[1], LookupError)


def test_each_unit_is_on_a_thread_of_its_own_and_finds_it_as_new() -> None:
    mine = threading.local()

    def make() -> Program:
        idents: list[int] = []
        found: list[Any] = []

        def call() -> None:
            idents.append(threading.get_ident())
            found.append((getattr(mine, "value", None), getattr(threading.current_thread(), "value", None)))
            mine.value = threading.current_thread().value = "mine"  # type: ignore[attr-defined]
            time.sleep(0)
            assert mine.value == "mine"

        return works(call, call), lambda: (len(set(idents)), *found)

    explored = explore(make, None)
    assert explored.outcomes == {(2, (None, None), (None, None)): explored.schedules}


def test_what_is_kept_by_greenlets_ends_with_the_unit() -> None:
    kept: weakref.WeakKeyDictionary[greenlet, str] = weakref.WeakKeyDictionary()

    def make() -> Program:
        def call() -> str:
            found = kept.get(getcurrent(), "nothing")
            kept[getcurrent()] = "something"
            return found

        return works(call, call), lambda: len(kept)

    explored = explore(make, None)
    assert {tuple(execution.results) for execution in explored.executions} == {("nothing", "nothing")}


def test_a_scheduler_that_fails_fails_the_run() -> None:
    class Failing:
        def begin(self) -> bool:
            return True

        def pick(self, execution: Execution) -> int:
            if len(execution.ran) > 2:
                raise ArithmeticError("no")
            return execution.ready[0]

        def done(self, execution: Execution) -> None: ...

    with CONTROLLED.open() as control:
        with pytest.raises(ArithmeticError):
            control.run(by_functions()[0], Execution(Failing()))
        assert explore(by_functions, None, control=control).schedules == 20


def test_three_thousand_schedules_leave_no_thread_and_no_patch() -> None:
    names = [
        (time, "sleep"),
        (time, "monotonic"),
        (threading, "Lock"),
        (threading, "RLock"),
        (threading, "_allocate_lock"),
        (threading.Thread, "start"),
        (threading.Thread, "join"),
    ]
    before = [getattr(owner, name) for owner, name in names]
    threads = set(threading.enumerate())

    def make() -> Program:
        lock = threading.Lock()
        log: list[str] = []

        def run(name: str) -> Callable[[], None]:
            def call() -> None:
                for _ in range(4):
                    with lock:
                        log.append(name)
                    time.sleep(0)

            return call

        child = threading.Thread

        def parent() -> None:
            thread = child(target=run("c"))
            thread.start()
            thread.join()

        return works(run("a"), run("b"), parent), lambda: len(log)

    explored = explore(make, None, most=3_000)
    assert explored.outcomes == {12: 3_000}
    assert set(threading.enumerate()) <= threads
    assert [getattr(owner, name) for owner, name in names] == before


@pytest.mark.parametrize("keeps", [True, False])
def test_what_a_module_has_imported_by_name_is_the_same_afterwards(
    monkeypatch: pytest.MonkeyPatch, keeps: bool
) -> None:
    module = ModuleType("imports_by_name")
    module.__file__ = "imports_by_name.py"
    monkeypatch.setitem(sys.modules, "imports_by_name", module)
    names = vars(module)
    before = {
        "allocate_lock": _thread.allocate_lock,
        "Lock": threading.Lock,
        "RLock": threading.RLock,
        "time": time.monotonic,
        "sleep": time.sleep,
    }
    kept: list[Any] = []
    for _ in range(2):
        names.update(before)
        with CONTROLLED.open():
            assert not any(names[name] is value for name, value in before.items())
            assert names["time"] is time.monotonic
            names["later"], names["sleep"] = threading.Lock, None
            kept += [threading.Lock] * keeps
            assert all(type(make()) is ScheduledLock for make in kept)
        assert names.pop("later") in (threading.Lock, _thread.allocate_lock)
        assert {name: names[name] for name in before} == {**before, "sleep": None}
        assert all(type(make()) is type(threading.Lock()) for make in kept)


@pytest.mark.skipif(sys.platform != "linux", reason="not applicable: the policy is one of Linux")
def test_threads_that_are_woken_wait_for_the_processor_while_the_host_is_open() -> None:
    usual = os.sched_getscheduler(0)
    seen: list[int] = []

    def child() -> None:
        seen.append(os.sched_getscheduler(0))

    with CONTROLLED.open() as control:
        control.run([Work("a", child)], Execution(STRATEGY.make(StrategyOptions())))
    assert seen == [os.SCHED_BATCH]
    assert os.sched_getscheduler(0) == usual == os.SCHED_OTHER
