"""A worker outlives whatever its cells do: what crashes or hangs is the result of that cell, and the next one runs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.core.record import CellResult, Ending
from harness.core.verdict import Grade, Outcome
from harness.engine.job import Explore, Job, Options
from harness.engine.pool import Worker
from harness.selection import Asked, select

HERE = "tests.engine.crooked_locals"


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A worker of the unpatched kind."""
    made = Worker(patched=False)
    yield made
    made.close()


def job(
    local: str,
    place: str,
    *scenarios: str,
    time_limit: float = 20.0,
    requests: int = 24,
    server: bool = False,
) -> Job:
    """One job for these scenarios, in this order."""
    asked = Asked(locals=(f"{HERE}:{local}",), scenarios=scenarios)
    asked = replace(asked, servers=(place,)) if server else replace(asked, hosts=(place,))
    options = Options(requests=requests, http_requests=requests, time_limit=time_limit)
    (made,) = select(asked).jobs(options)
    return made


def run(worker: Worker, what: Job) -> list[CellResult]:
    return list(worker.results(what))


def test_each_cell_has_a_result(worker: Worker) -> None:
    results = run(worker, job("GOOD", "threads", "read_back", "starts_empty"))
    assert [result.grade for result in results] == [Grade.KEPT, Grade.KEPT]
    assert [result.cell.id for result in results] == ["GOOD-threads-read_back", "GOOD-threads-starts_empty"]


@pytest.mark.parametrize(
    ("local", "said"), [("LEAVING", "ended with exit code 0"), ("KILLED", "was killed by signal 9")]
)
def test_a_cell_whose_process_ends_has_crashed_and_the_next_one_runs(
    worker: Worker, local: str, said: str
) -> None:
    results = run(worker, job(local, "threads", "read_back", "starts_empty"))
    assert [result.ending for result in results] == [Ending.CRASHED, Ending.CRASHED]
    assert all(said in result.log for result in results)
    assert worker.alive()
    (result,) = run(worker, job("GOOD", "threads", "read_back"))
    assert result.grade is Grade.KEPT


def test_the_last_words_of_a_crash_are_kept(worker: Worker) -> None:
    (result,) = run(worker, job("KILLED", "threads", "read_back"))
    assert "about to crash" in result.log


@pytest.mark.parametrize("local", ["LEAVING", "KILLED"])
def test_a_cell_whose_server_ends_has_crashed_and_the_next_one_gets_a_new_server(
    worker: Worker, local: str
) -> None:
    results = run(worker, job(local, "threaded", "read_back", "native_sync", server=True))
    assert [result.ending for result in results] == [Ending.CRASHED, Ending.CRASHED]
    assert worker.alive()


def test_a_cell_that_hangs_is_ended_and_says_where(worker: Worker) -> None:
    (result,) = run(worker, job("STUCK", "threads", "read_back", time_limit=1.0))
    assert result.ending is Ending.HUNG
    assert result.grade is Grade.UNPROVEN
    assert any("crooked_locals.py" in line for line in result.hung_at), result.hung_at
    assert result.evidence.unanswered > 0
    (result,) = run(worker, job("GOOD", "threads", "read_back"))
    assert result.grade is Grade.KEPT


@pytest.mark.parametrize(
    ("local", "said"),
    [("SPINS_UNDER_CONTROL", "did not end within the cell's 3 s"), ("REFUSES_CONTROL", "not to be explored")],
)
def test_an_exploration_that_comes_to_nothing_takes_nothing_from_the_flood(
    worker: Worker, local: str, said: str
) -> None:
    what = job(local, "threads", "read_back", time_limit=3.0)
    (result,) = run(worker, replace(what, options=replace(what.options, explore=Explore(schedules=20))))
    assert result.ending is Ending.JUDGED
    assert result.grade is Grade.KEPT
    assert result.explored is not None
    assert result.explored.outcome is Outcome.INCONCLUSIVE
    assert said in result.explored.reason


@pytest.mark.parametrize(("local", "ending"), [("DEADLOCKS", Ending.HUNG), ("GOOD", Ending.JUDGED)])
def test_greenlets_of_which_none_can_go_on_hang_before_their_time_is_up(local: str, ending: Ending) -> None:
    worker = Worker(patched=True)
    try:
        (result,) = run(worker, job(local, "greenlets", "read_back", time_limit=600.0))
    finally:
        worker.close()
    assert result.ending is ending
    if ending is Ending.HUNG:
        assert result.hung_at[0].startswith(
            "all greenlets wait for something that nobody is left to bring: in "
        )
        assert "set (crooked_locals.py:" in result.hung_at[0]
        assert result.log == ""


def test_after_a_cell_that_hung_those_of_the_same_local_and_host_get_less_time(worker: Worker) -> None:
    def limits(local: str) -> list[str]:
        results = run(worker, job(local, "threads", "read_back", "starts_empty", time_limit=2.0))
        return [result.repeat.partition("--time-limit ")[2] for result in results]

    assert limits("STUCK") == ["2", "0.5"]
    assert limits("GOOD") == ["2", "2"]


def test_a_search_whose_process_ends_is_repeated_by_a_search(worker: Worker) -> None:
    what = job("DIES_UNDER_CONTROL", "threads", "read_back")
    (result,) = run(worker, replace(what, options=what.options.exploring(Explore(schedules=20))))
    assert result.ending is Ending.CRASHED
    assert result.repeat.startswith("ctxstress explore --local ")


# With little time the cell's own process ends it; with more, its clients have given up before.
@pytest.mark.parametrize("time_limit", [2.0, pytest.param(14.0, marks=pytest.mark.slow)])
def test_a_cell_whose_server_hangs_is_ended_and_says_where(worker: Worker, time_limit: float) -> None:
    what = job("STUCK", "threaded", "read_back", "native_sync", server=True, time_limit=time_limit)
    results = run(worker, what)
    assert [result.ending for result in results] == [Ending.HUNG, Ending.HUNG]
    for result in results:
        assert any("crooked_locals.py" in line for line in result.hung_at), result.hung_at


def test_what_cannot_be_done_is_said_for_each_cell(worker: Worker) -> None:
    what = job("GOOD", "threaded", "read_back", "native_sync", server=True)
    results = run(worker, replace(what, mounted=("nowhere.at_all:SCENARIO",)))
    assert [result.ending for result in results] == [Ending.CRASHED, Ending.CRASHED]
    assert all("no module 'nowhere" in result.log for result in results)
    assert worker.alive()


def test_a_worker_that_dies_leaves_its_cell_crashed_and_the_rest_for_another_one(worker: Worker) -> None:
    what = job("GOOD", "threads", "read_back", "starts_empty", "belong_together", requests=2000)
    results = worker.results(what)
    first = next(results)
    os.kill(worker.pid, signal.SIGKILL)
    (*told, crashed) = results
    assert first.grade is Grade.KEPT
    assert crashed.ending is Ending.CRASHED
    assert [result.cell for result in (first, *told, crashed)] == list(what.cells[: len(told) + 2])
    assert not worker.alive()


PATCHED_FORK = """
import gevent.monkey
gevent.monkey.patch_all()
import os
from harness.engine.fork import Fork
from harness.engine.job import Explore, Job, Options
from tests.engine.test_worker import job
fork = Fork(job("GOOD", "greenlets", "read_back"), open(os.devnull, "wb"))
fork.end()
print(fork.status)
"""


def test_a_fork_under_gevent_ends_though_nothing_ever_ran_its_hub() -> None:
    """gevent's ``os.close`` closes when the hub runs: a fork that only explores would wait for itself."""
    ended = subprocess.run(
        [sys.executable, "-c", PATCHED_FORK], capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout.split() == ["0"]


def test_a_search_tells_now_and_then_how_far_it_is(worker: Worker) -> None:
    (searching,) = select(Asked(locals=("contextvar",), hosts=("threads",), scenarios=("read_back",))).jobs(
        Options().exploring(Explore(schedules=400, seconds=60.0))
    )
    told: list[tuple[str, int]] = []
    (result,) = worker.results(searching, lambda cell, schedules: told.append((cell.id, schedules)))
    assert result.explored is not None
    counts = [schedules for _, schedules in told]
    assert len(counts) >= 2
    assert counts == sorted(counts)
    assert counts[0] > 0
    assert counts[-1] <= result.explored.schedules
    assert {cell for cell, _ in told} == {"contextvar-threads-read_back"}
