"""Threads that take turns are held on one processor, that no other search has, for as long as their host is open."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.controlled import _processor
from harness.controlled._processor import Processor

if sys.platform != "linux":
    pytest.skip("only Linux tells and takes the processors of a thread", allow_module_level=True)


@pytest.fixture(autouse=True)
def claimed_by_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_processor, "CLAIM", f"\0ctxstress/tests/{os.getpid()}/{{}}")


@contextmanager
def holding() -> Iterator[set[int]]:
    processor = Processor()
    processor.hold()
    try:
        yield os.sched_getaffinity(0)
    finally:
        processor.let_go()


def of_new_thread() -> tuple[set[int], int]:
    found = []
    thread = threading.Thread(
        target=lambda: found.append((os.sched_getaffinity(0), os.sched_getscheduler(0)))
    )
    thread.start()
    thread.join()
    return found[0]


def test_threads_begun_meanwhile_share_the_processor_and_all_is_given_back() -> None:
    before = os.sched_getaffinity(0), os.sched_getscheduler(0)
    with holding() as held:
        assert len(held) == 1
        assert held <= before[0]
        assert of_new_thread() == (held, os.SCHED_BATCH)
    assert (os.sched_getaffinity(0), os.sched_getscheduler(0)) == before
    assert of_new_thread() == before


def test_two_searches_never_share_a_processor_and_one_too_many_is_held_on_none() -> None:
    allowed = os.sched_getaffinity(0)
    found: list[set[int]] = []
    all_hold = threading.Barrier(len(allowed) + 1)

    def search() -> None:
        with holding() as held:
            found.append(held)
            all_hold.wait(timeout=10)

    threads = [threading.Thread(target=search) for _ in range(len(allowed) + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=sorted) == sorted([{number} for number in allowed] + [allowed], key=sorted)


def test_a_processor_can_be_taken_again_after_it_was_given_back() -> None:
    with holding() as first:
        pass
    with holding() as second:
        assert len(first) == len(second) == 1


def test_where_the_system_refuses_threads_stay_where_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    before = os.sched_getaffinity(0), os.sched_getscheduler(0)
    with holding() as held:
        assert (held, os.sched_getscheduler(0)) == before
