"""What is explained of a mix-up that only a result shows, of deadlocks, and of what threads read and wrote."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gevent
import gevent.event
import pytest

from harness.controlled._standard.origin import Origin
from harness.controlled.gevent_greenlets import CONTROLLED as GEVENT
from harness.controlled.greenlets import CONTROLLED
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.controlled.threads import CONTROLLED as THREADS
from harness.core.control import ControlledHost, Watch
from harness.core.exploration import Explanation
from harness.core.feasibility import Feasibility
from harness.explorer.callables import Calls
from harness.explorer.learning import learn
from harness.explorer.places import in_short
from harness.explorer.schedule import run_schedule
from harness.explorer.smaller import smallest
from harness.explorer.telling.explain import explain
from localimpl import Unit
from tests.explorer.explored import deadlocks, line_of, pause, ways

HERE = "tests/explorer/test_explain_results.py"
Shared = dict[str, Any]
Call = Callable[[Shared], Any]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    monkeypatch.chdir(pytestconfig.rootpath)


def tell(
    *calls: Call,
    host: ControlledHost = CONTROLLED,
    names: Sequence[str] = ("alice", "bob"),
    level: Feasibility = Feasibility.JITTER,
    expect: Any = None,
) -> Explanation:
    """Explain the first mix-up of callables that share a dictionary."""
    program = Calls(calls, unit=host.unit, begin=dict, names=names, expect=expect)
    with host.open() as control:
        learn(program, partial(run_schedule, program, control))
        control.watch(Watch((__file__,), level))
        ran = next(each for each in ways(program, control) if each.mixup is not None)
        assert ran.mixup is not None
        small = smallest(program, control, ran.execution.ran, ran.mixup)
        closer = Watch((__file__,), host.levels[-1])
        return explain(program, control, small.path, small.mixup, small.needs, closer)


def keeps(name: str, shared: Shared) -> str:
    shared["user"] = name
    pause()
    return str(shared["user"])


def test_who_is_overtaken_and_returns_the_others() -> None:
    told = tell(partial(keeps, "alice"), partial(keeps, "bob"))
    where = f"tests/explorer/explored.py:{line_of(pause, 'parent.switch()')}"
    assert told.sentence == f"alice was overtaken by bob at {where} and then returned 'bob', not 'alice'."
    assert (told.kind, told.units, told.preemptions) == ("wrong result", ("alice", "bob"), 1)


def test_the_source_of_both_stands_in_the_order_in_which_it_ran() -> None:
    told = tell(partial(keeps, "alice"), partial(keeps, "bob"))
    shown = [(line.unit, line.code) for line in told.lines if line.file == HERE]
    first, second = 'shared["user"] = name', 'return str(shared["user"])'
    own = [(unit, code) for unit, code in shown if code in (first, second)]
    assert own == [("alice", first), ("bob", first), ("bob", second), ("alice", second)]
    assert [(line.unit, line.value) for line in told.lines if line.kind == "end"] == [
        ("bob", "returned 'bob'"),
        ("alice", "returned 'bob'"),
    ]


def takes(shared: Shared) -> str:
    if shared.get("left", 1):
        pause()
        shared["left"] = 0
        return "taken"
    return "none left"


def test_what_is_wrong_only_together() -> None:
    told = tell(takes, takes)
    assert told.sentence.startswith("alice was overtaken by bob at ")
    assert told.sentence.endswith(
        ", so that no order of one after the other returns alice 'taken', bob 'taken'."
    )


def raises(shared: Shared) -> None:
    shared["open"] = True
    pause()
    del shared["open"]


def test_who_raises() -> None:
    told = tell(raises, raises)
    assert told.kind == "error"
    assert told.sentence.endswith(" and then raised KeyError: 'open', not None.")
    assert [line.value for line in told.lines if line.kind == "end"][-1] == "raised KeyError: 'open'"


def thrice(name: str, shared: Shared) -> list[str]:
    seen = shared.setdefault("seen", [])
    for _ in range(3):
        seen.append(name)
        pause()
    return list(seen)


def test_more_than_one_switch_is_told_in_order() -> None:
    def right(results: list[Any]) -> bool:
        return "".join(name[0] for name in results[1]) != "abaabb"

    told = tell(partial(thrice, "alice"), partial(thrice, "bob"), expect=right)
    assert told.preemptions == 2
    assert told.sentence.startswith("alice was overtaken by bob at ")
    assert ", then bob was overtaken by alice at " in told.sentence
    assert "; the check refused the results" in told.sentence


def leaves(shared: Shared) -> Any:
    return shared.setdefault("first", len(shared))


def second(shared: Shared) -> Any:
    return len(shared)


def test_what_needs_no_switch() -> None:
    told = tell(leaves, second, expect=[0, 0])
    assert (
        told.sentence
        == "bob began after alice had ended and returned 1, not 0: no switch is needed for that."
    )
    assert told.schedule == ()


def test_a_check_of_all_results_that_needs_no_switch() -> None:
    told = tell(leaves, second, expect=lambda results: False)
    assert told.sentence == (
        "the check refused the results [0, 1], one after the other: alice, then bob; no switch is needed for that."
    )


def test_who_waits_for_whom_in_a_deadlock() -> None:
    told = deadlocks()
    assert told.kind == "deadlock"
    assert "alice was overtaken by bob at " in told.sentence
    assert told.sentence.count(" waits for ") == 2
    assert told.sentence.endswith(": nobody can go on.")
    assert "/" not in told.sentence.replace("tests/explorer/explored.py", "")


class Total:
    """What several add to."""

    now = 0


def adds(total: Total) -> int:
    before = total.now
    total.now = before + 1
    return before


def test_threads_show_what_was_written() -> None:
    program = Calls([adds, adds], unit=Unit.THREAD, begin=Total, names=("alice", "bob"), expect=unlike)
    with THREADS.open() as control:
        watch = Watch((__file__,), Feasibility.FREE_THREADED)
        control.watch(watch)
        ran = next(each for each in ways(program, control) if each.mixup is not None)
        assert ran.mixup is not None
        told = explain(program, control, ran.execution.ran, ran.mixup, ran.needs(), watch)
    where = f"{HERE}:{line_of(adds, 'total.now = ')}"
    (write,) = [line for line in told.lines if line.mark == "write"]
    assert told.feasibility is Feasibility.FREE_THREADED
    assert f"was overtaken by bob at {where}, which wrote `now`" in told.sentence
    assert (write.unit, write.code) == ("bob", "total.now = before + 1")


def unlike(results: list[Any]) -> bool:
    return len(set(results)) == 2


async def hurries(shared: Shared) -> str:
    try:
        async with asyncio.timeout(5):
            await asyncio.sleep(1)
    except TimeoutError:
        return "late"
    return "in time"


async def idles(shared: Shared) -> str:
    await asyncio.sleep(1)
    return "done"


def test_a_time_out_is_called_by_its_name() -> None:
    told = tell(hurries, idles, host=TASKS, expect=["in time", "done"])
    where = f"{HERE}:{line_of(hurries, 'await')}"
    assert (
        told.sentence
        == f"alice was overtaken by a time-out at {where} and then returned 'late', not 'in time'."
    )


def files_then_forgets(name: str, shared: Shared) -> Any:
    first = shared.setdefault("names", [name])
    pause()
    return name in first or "forgotten"


def test_who_loses_is_told_apart_from_who_is_overtaken() -> None:
    told = tell(partial(files_then_forgets, "alice"), partial(files_then_forgets, "bob"), expect=[True, True])
    assert told.sentence == (
        "bob began after alice had ended and returned 'forgotten', not True: no switch is needed for that."
    )


def ends_in_turn(name: str, shared: Shared) -> Any:
    before = shared.get("under way")
    shared["under way"] = name
    pause()
    shared.pop("under way", None)
    return before


def test_the_victim_may_be_the_one_who_overtook() -> None:
    told = tell(partial(ends_in_turn, "alice"), partial(ends_in_turn, "bob"), expect=alone)
    assert told.sentence.startswith("alice was overtaken by bob at ")
    assert told.sentence.endswith("; the check refused the results [None, 'alice'].")


def alone(results: list[Any]) -> bool:
    return results[1] is None


def test_each_time_out_is_called_one() -> None:
    def patient(shared: Shared) -> list[str]:
        late = []
        for name in ("first", "second"):
            try:
                with gevent.Timeout(1):
                    gevent.sleep(0)
            except gevent.Timeout:
                late.append(name)
        return late

    told = tell(patient, len, host=GEVENT, expect=lambda results: len(results[0]) < 2)
    where = f"{HERE}:{line_of(patient, 'sleep')}"
    once = f"alice was overtaken by a time-out at {where}"
    assert told.sentence.startswith(f"{once}, then {once}; ")


def test_a_kill_is_called_one() -> None:
    def victim(shared: Shared) -> None:
        shared["begun"].set()
        gevent.sleep(0)
        shared["done"] = True
        gevent.sleep(0)

    def kills(shared: Shared) -> bool:
        shared["begun"] = gevent.event.Event()
        each = gevent.spawn(victim, shared)
        shared["begun"].wait()
        each.kill(block=False)
        each.join()
        return "done" in shared

    told = tell(kills, len, host=GEVENT, expect=lambda results: results[0])
    where = f"{HERE}:{line_of(kills, 'join()')}"
    assert f"alice waited at {where} for the end of alice/1 while a kill went on" in told.sentence


def starts_a_timer(shared: Shared) -> bool:
    timer = threading.Timer(0.1, partial(shared.update, late=True))
    timer.start()
    timer.join()
    return "late" in shared


def test_what_a_thread_waits_for_that_has_no_line_of_the_program_is_told() -> None:
    told = tell(starts_a_timer, lambda shared: None, host=THREADS, expect=[False, None])
    assert "alice/1 waited for what ends Timer.run while a time-out went on" in told.sentence
    waits = [line.value for line in told.lines if line.unit == "alice/1" and line.kind == "switch"]
    assert waits == ["what ends Timer.run"]


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("the lock made at {nowhere}, held by r1 since {nowhere}", "a lock, held by r1"),
        ("the lock made at shop.py:4, held by r1 since {nowhere}", "the lock made at shop.py:4, held by r1"),
        ("the lock inside the Queue made at {nowhere}", "the lock inside a Queue"),
        ("what ends Timer.run at {nowhere}, to go on at {nowhere}", "what ends Timer.run"),
        ("", ""),
    ],
)
def test_a_place_outside_the_program_is_left_out(words: str, short: str) -> None:
    assert in_short(words.format(nowhere=Origin(None))) == short
