"""Steps are done by the units that a host stands for: children, executors, cancellation."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from harness.catalog import entries
from harness.core.history import Kind
from localimpl import Unit

Flooding = Callable[..., Any]

UNITS: dict[str, Unit] = {entry.name: entry.part.unit for entry in entries("host")}
CANCELLING = [name for name, unit in UNITS.items() if unit is not Unit.THREAD]
THREADS = [name for name, unit in UNITS.items() if unit is Unit.THREAD]
ASKED = 12


def pairs(flooded: Any) -> list[tuple[Any, Any]]:
    """What ran each request and what ran the unit that it started."""
    own: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for seen in flooded.seen:
        (other if "/" in seen.unit else own)[seen.request] = seen
    assert own.keys() == other.keys()
    return [(own[request], other[request]) for request in own]


@pytest.mark.parametrize("host", UNITS)
def test_a_child_is_another_unit_of_the_same_kind(flood: Flooding, host: str) -> None:
    found = pairs(flood(host, view="spawning", requests=ASKED))
    assert len(found) == ASKED
    for parent, child in found:
        match UNITS[host]:
            case Unit.THREAD:
                assert child.thread != parent.thread
                assert child.native != parent.native
            case Unit.GREENLET:
                assert child.greenlet != parent.greenlet
                assert child.native == parent.native
            case Unit.TASK:
                assert child.task != parent.task
                assert child.native == parent.native


@pytest.mark.parametrize("host", UNITS)
def test_joining_gives_the_childs_result_or_its_error(flood: Flooding, host: str) -> None:
    flooded = flood(host, view="spawning", requests=ASKED)
    joined = flooded.values(Kind.WROTE, "joined")
    assert len(joined) == ASKED
    assert all(answer.endswith("/child is done") for answer in joined)
    raised = flooded.values(Kind.WROTE, "raised")
    assert sorted(raised) == sorted(f"a child's error, r{number}" for number in range(ASKED))


@pytest.mark.parametrize("host", UNITS)
def test_an_executor_is_a_native_thread_of_few(flood: Flooding, host: str) -> None:
    flooded = flood(host, view="offloading", requests=ASKED)
    found = pairs(flooded)
    assert len(found) == ASKED
    assert all(worker.native != unit.native for unit, worker in found)
    workers = defaultdict(set)
    for unit, worker in found:
        workers[worker.native].add(unit.request)
    assert len(workers) < ASKED, "work of several requests must meet on one worker"


@pytest.mark.parametrize("host", UNITS)
def test_an_executor_gives_its_result_or_its_error(flood: Flooding, host: str) -> None:
    flooded = flood(host, view="offloading", requests=ASKED)
    answered = flooded.values(Kind.WROTE, "answered")
    assert len(answered) == ASKED
    assert all(answer.endswith("/hop is done") for answer in answered)
    raised = flooded.values(Kind.WROTE, "raised")
    assert sorted(raised) == sorted(f"an executor's error, r{number}" for number in range(ASKED))


@pytest.mark.parametrize("host", CANCELLING)
def test_a_cancelled_request_ends_there_and_the_others_go_on(flood: Flooding, host: str) -> None:
    flooded = flood(host, view="cancelling", requests=ASKED, clients=3)
    everyone = {f"r{number}" for number in range(ASKED)}
    cut = {"r1", "r4"}
    assert flooded.requests(Kind.CANCELLED) == cut
    assert {event.request for event in flooded.history if event.name == "went on"} == everyone - cut
    assert flooded.requests(Kind.LEAVE) == everyone
    assert flooded.requests(Kind.FAILED) == set()


@pytest.mark.parametrize("host", THREADS)
def test_a_thread_cannot_be_cancelled_and_says_so(flood: Flooding, host: str) -> None:
    flooded = flood(host, view="cancelling", requests=ASKED, clients=3)
    assert flooded.requests(Kind.FAILED) == {"r1", "r4"}
    assert flooded.requests(Kind.CANCELLED) == set()
    assert all("a thread cannot be cancelled" in text for text in flooded.values(Kind.FAILED))


@pytest.mark.parametrize("host", UNITS)
def test_only_a_task_awaits(flood: Flooding, host: str) -> None:
    flooded = flood(host, view="awaiting", requests=ASKED)
    everyone = [f"r{number}" for number in range(ASKED)]
    if UNITS[host] is Unit.TASK:
        assert sorted(flooded.values(Kind.WROTE, "answered")) == sorted(
            f"awaited by {one}" for one in everyone
        )
    else:
        assert flooded.requests(Kind.FAILED) == set(everyone)
        assert all("needs a task" in text for text in flooded.values(Kind.FAILED))
