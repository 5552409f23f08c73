"""Requests on threads: where a script stands, what a kept thread keeps from one to the next, and what a new one has."""

import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import pytest
from greenlet import getcurrent, greenlet

from harness.controlled.threads import CONTROLLED
from harness.controlled.threads_per_request import CONTROLLED as PER_REQUEST
from harness.core.control import StrategyOptions, Watch, Work
from harness.core.execution import Execution, Fate
from harness.core.feasibility import Feasibility
from harness.core.steps import PAUSE, Join, Offload, Script, Spawn
from harness.schedulers.preemption_bounded import STRATEGY
from localimpl.broken_last_ident_cache import LastIdentCacheLocal
from localimpl.thread_ident import SUBJECT as THREAD_IDENT
from tests.controlled.explored_threads import Explored, explore, works

Program = tuple[Sequence[Work], Callable[[], Any]]

variable: ContextVar[str] = ContextVar("variable")


def inner(log: list[str], label: str) -> Script[None]:
    log.append(label)
    yield PAUSE
    log.append(label)


def scripts() -> tuple[list[Work], list[str]]:
    log: list[str] = []

    def visit(label: str) -> Script[None]:
        yield from inner(log, label)

    return [Work(name, visits=[(1, visit), (2, visit)]) for name in "ab"], log


def test_a_script_stands_in_its_innermost_generator_and_an_execution_repeats() -> None:
    anchors = []
    with CONTROLLED.open() as control:
        for _ in range(2):
            scheduler = STRATEGY.make(StrategyOptions(bound=0))
            scheduler.begin()
            execution = Execution(scheduler, locate=control.locate)
            control.run(scripts()[0], execution)
            assert execution.fate is Fate.DONE
            anchors.append(execution.anchors)
    line = inner.__code__.co_firstlineno
    stood = {(each.role, each.file, each.line) for each in anchors[0] if each is not None and each.line}
    assert ("pause", __file__, line + 2) in stood
    assert anchors[0] == anchors[1]


def test_a_function_stands_where_it_sleeps() -> None:
    def call() -> None:
        time.sleep(0)

    with CONTROLLED.open() as control:
        scheduler = STRATEGY.make(StrategyOptions(bound=0))
        scheduler.begin()
        execution = Execution(scheduler, locate=control.locate)
        control.run(works(call), execution)
    assert execution.anchors[1] is not None
    assert execution.anchors[1][:3] == ("pause", __file__, call.__code__.co_firstlineno + 1)


def leaving_behind() -> Program:
    found: list[Any] = []
    idents: list[int] = []
    mine = threading.local()

    def visit(label: str) -> Script[None]:
        found.append(
            (getattr(mine, "value", None), variable.get("unset"), threading.current_thread().is_alive())
        )
        idents.append(threading.get_ident())
        mine.value = "left"
        variable.set("left")
        return
        yield

    return [Work("a", visits=[(1, visit), (2, visit)])], lambda: (len(set(idents)), *found)


def test_a_kept_thread_keeps_what_a_request_leaves_until_the_schedule_ends() -> None:
    with CONTROLLED.open() as control:
        for _ in range(3):
            assert explore(leaving_behind, control=control).outcomes == {
                (1, (None, "unset", True), ("left", "left", True)): 1
            }


def test_a_new_thread_has_a_used_ident_and_nothing_else() -> None:
    explored = explore(leaving_behind, host=PER_REQUEST)
    assert explored.outcomes == {(1, (None, "unset", True), (None, "unset", True)): 1}


def test_a_new_thread_can_have_the_ident_of_another_units() -> None:
    def make() -> Program:
        storage: dict[int, str] = {}
        found: list[str] = []

        def visit(label: str) -> Script[None]:
            found.append(storage.get(threading.get_ident(), "nobody"))
            storage[threading.get_ident()] = label
            yield PAUSE

        return [Work(name, visits=[(1, visit), (2, visit)]) for name in "xy"], lambda: " ".join(found)

    new = explore(make, 0, host=PER_REQUEST)
    assert set(new.outcomes) == {"nobody x/1 x/2 y/1", "nobody y/1 y/2 x/1"}
    kept = explore(make, 0, host=CONTROLLED)
    assert set(kept.outcomes) == {"nobody x nobody y", "nobody y nobody x"}


def test_what_is_kept_by_greenlets_is_not_found_by_a_new_thread() -> None:
    def make() -> Program:
        kept: weakref.WeakKeyDictionary[greenlet, str] = weakref.WeakKeyDictionary()
        found: list[str] = []

        def visit(label: str) -> Script[None]:
            found.append(kept.get(getcurrent(), "nothing"))
            kept[getcurrent()] = label
            yield PAUSE

        return [Work("x", visits=[(1, visit), (2, visit), (3, visit)])], lambda: tuple(found)

    with PER_REQUEST.open() as control:
        for _ in range(3):
            assert set(explore(make, control=control).outcomes) == {("nothing",) * 3}
    with CONTROLLED.open() as control:
        for _ in range(3):
            assert set(explore(make, control=control).outcomes) == {("nothing", "x", "x")}


def test_scripts_spawn_join_and_offload_under_control() -> None:
    def make() -> Program:
        log: list[str] = []

        def child() -> Script[str]:
            log.append(threading.current_thread().name)
            yield PAUSE
            return "child's"

        def visit(label: str) -> Script[None]:
            log.append((yield Join((yield Spawn(child())))))
            log.append((yield Offload(lambda: threading.current_thread().name)))

        return [Work(name, visits=[(1, visit)]) for name in "ab"], lambda: len(log)

    explored = explore(make, 1)
    assert explored.outcomes == {6: explored.schedules}
    assert explored.fates == {Fate.DONE: explored.schedules}
    assert all(error is None for execution in explored.executions for error in execution.errors)


def through(local: Callable[[], Any]) -> Callable[[], Program]:
    def make() -> Program:
        subject = local()

        def run(name: str) -> Callable[[], str]:
            def call() -> str:
                subject.set("user", name)
                user: str = subject.get("user")
                return user

            return call

        return works(run("alice"), run("bob")), lambda: None

    return make


def watched(make: Callable[[], Program], bound: int, file: str) -> Explored:
    return explore(make, bound, Watch((file,), Feasibility.GIL_SWITCH))


def mixed(explored: Explored) -> list[Execution]:
    return [each for each in explored.executions if each.results[:2] != ["alice", "bob"]]


def test_a_cache_that_is_checked_then_used_is_found_with_one_preemption() -> None:
    file = "localimpl/broken_last_ident_cache.py"
    assert not mixed(watched(through(LastIdentCacheLocal), 0, file))
    found = mixed(watched(through(LastIdentCacheLocal), 1, file))
    assert found
    assert found[0].preemptions == 1
    assert found[0].preempted[0].needs is Feasibility.GIL_SWITCH


def test_its_sound_twin_is_exhausted() -> None:
    explored = watched(through(THREAD_IDENT.make), 2, "localimpl/thread_ident.py")
    assert explored.schedules > 20
    assert not mixed(explored)
    assert explored.fates == {Fate.DONE: explored.schedules}


@pytest.mark.parametrize("host", [CONTROLLED, PER_REQUEST], ids=lambda host: host.name)
def test_a_host_can_be_opened_again_and_within_another(host: Any) -> None:
    before = time.sleep
    with host.open() as outer, host.open() as inner_control:
        for control in (inner_control, outer):
            assert explore(leaving_behind, control=control).schedules == 1
    assert time.sleep is before
