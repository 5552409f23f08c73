"""What is said of a deadlock: that it is one, what it takes, who waits for what, and the columns of all who wait."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from harness.controlled.tasks import CONTROLLED as TASKS
from harness.controlled.threads import CONTROLLED as THREADS
from harness.core.control import Round, Work
from harness.core.exploration import Explanation, Exploration
from harness.core.feasibility import Feasibility
from harness.core.history import History, Probe
from harness.core.steps import PAUSE, Script
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from harness.explorer.telling.explain import explain
from harness.explorer.words import found_words
from localimpl import Unit
from tests.explorer.explored import Requests, explained, found, line_of

pytestmark = pytest.mark.usefixtures("alone")

HERE = "tests/explorer/test_deadlocks.py"
Call = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    monkeypatch.chdir(pytestconfig.rootpath)


def searched(*calls: Call, begin: Callable[[], Any]) -> Exploration:
    program = Calls(calls, unit=TASKS.unit, begin=begin, expect=lambda results: None)
    return explore(program, TASKS, Limits(files=(__file__,)))


def deadlock(found: Exploration) -> Explanation:
    assert found.explanation is not None
    assert found.explanation.kind == "deadlock"
    assert found.explanation.stuck
    return found.explanation


class Locks:
    def __init__(self) -> None:
        self.one, self.two = asyncio.Lock(), asyncio.Lock()


async def one_then_two(locks: Locks) -> None:
    async with locks.one:
        await asyncio.sleep(0)
        async with locks.two:
            pass


async def two_then_one(locks: Locks) -> None:
    async with locks.two:
        await asyncio.sleep(0)
        async with locks.one:
            pass


def test_both_tasks_that_take_two_locks_crosswise_are_told_by_name() -> None:
    result = searched(one_then_two, two_then_one, begin=Locks)
    assert result.sentence.startswith("Deadlock in schedule ")
    assert result.sentence.endswith(", with 1 preemption: an idle loop's own order makes it.")
    told = deadlock(result)
    assert "r1 waits for a Lock that r2 holds, at test_deadlocks.py:" in told.sentence
    assert "r2 waits for a Lock that r1 holds, at test_deadlocks.py:" in told.sentence
    waits = [line for line in told.lines if line.kind == "switch" and line.value]
    assert {(line.unit, line.value.partition(",")[0]) for line in waits} == {
        ("r1", "a Lock that r2 holds"),
        ("r2", "a Lock that r1 holds"),
    }


def test_locks_taken_in_one_order_are_no_deadlock() -> None:
    assert searched(one_then_two, one_then_two, begin=Locks).explanation is None


async def waits(event: Any) -> None:
    await event.wait()


async def sets(event: asyncio.Event) -> None:
    event.set()


@pytest.mark.parametrize(
    ("begin", "what"),
    [(asyncio.Event, "an Event that nobody has set"), (partial(asyncio.Barrier, 3), "a Barrier")],
)
def test_what_nobody_brings_is_told_of_each(begin: Callable[[], Any], what: str) -> None:
    result = searched(waits, waits, begin=begin)
    assert result.sentence == (
        "Deadlock in schedule 1, with 0 preemptions: each unit goes on for as long as it can."
    )
    where = f"at {HERE.rpartition('/')[2]}:{line_of(waits, 'await')}"
    told = deadlock(result)
    assert (
        told.sentence == f"r1 waits for {what}, {where}, and r2 waits for {what}, {where}: nobody can go on."
    )
    assert told.feasibility is Feasibility.SEQUENTIAL
    assert [(line.unit, line.code) for line in told.lines if line.value.startswith(what)] == [
        ("r1", "await event.wait()"),
        ("r2", "await event.wait()"),
    ]


def test_what_another_brings_is_no_deadlock() -> None:
    assert searched(waits, sets, begin=asyncio.Event).explanation is None


async def awaits_a_thread(lock: threading.Lock) -> None:
    with lock:
        await asyncio.to_thread(int)


async def sleeps_too_long(lock: threading.Lock) -> None:
    async with asyncio.timeout(0.01):
        with lock:
            await asyncio.sleep(1)


@pytest.mark.parametrize("call", [awaits_a_thread, sleeps_too_long])
def test_who_holds_a_lock_and_could_go_on_was_cut_short(call: Call) -> None:
    assert deadlock(searched(call, call, begin=threading.Lock)).feasibility is Feasibility.FIFO


async def keeps_nothing(lock: threading.Lock) -> None:
    """Is over at once."""


async def keeps_it(lock: threading.Lock) -> None:
    lock.acquire()


async def keeps_it_and_waits(lock: threading.Lock) -> None:
    lock.acquire()
    await asyncio.Event().wait()


async def takes_it_twice(lock: threading.Lock) -> None:
    async with asyncio.timeout(0.01):
        await asyncio.sleep(0.001)
        with lock, lock:
            pass


@pytest.mark.parametrize(
    ("one", "other"),
    [(keeps_it, keeps_it), (keeps_it_and_waits, keeps_it), (keeps_nothing, takes_it_twice)],
    ids=["ended", "waits for ever", "another's time"],
)
def test_who_holds_a_lock_and_could_not_go_on_is_one_after_the_other(one: Call, other: Call) -> None:
    assert deadlock(searched(one, other, begin=threading.Lock)).feasibility is Feasibility.SEQUENTIAL


def view_crosswise(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Takes two locks, r2 in the other order, and r0 none."""
    locks = [shared.setdefault(name, threading.Lock()) for name in ("one", "two")]
    first, second = locks[::-1] if own.request == "r2" else locks
    own.wrote("user")
    if own.request == "r0":
        return
    with first:
        yield PAUSE
        with second:
            own.wrote("user")


def test_requests_that_wait_for_each_other_have_a_column_and_a_line_each() -> None:
    with THREADS.open() as control:
        told = explained(Requests(view_crosswise, Unit.THREAD), control)
    assert told.kind == "deadlock"
    assert told.units == ("r1", "r2")
    at = line_of(view_crosswise, "with second:")
    last = [(line.unit, line.kind, line.file, line.line) for line in told.lines[-2:]]
    assert last == [("r2", "switch", HERE, at), ("r1", "switch", HERE, at)]
    assert all(line.value.startswith(f"the lock made at {HERE}:") for line in told.lines[-2:])


class Follows(Requests):
    """The thread of r1 serves r0 first."""

    def begin(self, history: History) -> Round:
        begun = super().begin(history)
        first, one, other = begun.works
        return replace(begun, works=[Work("r0", visits=[*first.visits, *one.visits]), other])


def test_a_thread_that_serves_several_is_told_by_its_last_as_well() -> None:
    program = Follows(view_crosswise, Unit.THREAD, ("r0", "r1", "r2"))
    with THREADS.open() as control:
        ran = found(program, control)
        assert ran.mixup is not None
        told = explain(program, control, ran.execution.ran, ran.mixup, ran.needs())
    assert "r1, after r0 on the same unit, waits for the lock made at" in told.sentence
    assert "held by r0 since" in told.sentence
    assert " r2 waits for the lock made at" in told.sentence


@pytest.mark.parametrize(
    ("kind", "feasibility", "words"),
    [
        ("deadlock", Feasibility.SEQUENTIAL, "each unit goes on for as long as it can"),
        ("deadlock", Feasibility.JITTER, "I/O or timers of another length make it"),
        ("bleed", Feasibility.SEQUENTIAL, "it takes no overlap at all"),
    ],
)
def test_a_deadlock_is_called_one(kind: str, feasibility: Feasibility, words: str) -> None:
    found = "Deadlock" if kind == "deadlock" else "Mixed up"
    assert found_words(kind, 3, 1, feasibility) == f"{found} in schedule 3, with 1 preemption: {words}."
