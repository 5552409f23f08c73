"""Cells come to a result whatever happens in them: judged, hung with where, or crashed with the last words."""

import fcntl
import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from harness.core.record import CellResult, Ending, build
from harness.core.verdict import Grade, Outcome
from harness.engine import child
from harness.engine.cells import MOST_ROUNDS, SERIAL_REQUESTS
from harness.engine.job import Job, Options
from harness.engine.pool import Pool
from harness.selection import Asked, select

HERE = "tests.engine.crooked_scenarios"


def jobs(place: str, *scenarios: str, local: str = "contextvar", time_limit: float = 20.0) -> list[Job]:
    """Return the jobs for these scenarios in this order; those in capitals are of these tests."""
    on_server = place in ("threaded_pool", "uvicorn_asgi", "gevent_pywsgi", "wsgiref_single")
    names = tuple(f"{HERE}:{name}" if name.isupper() else name for name in scenarios)
    asked = Asked(
        locals=(local,),
        scenarios=names,
        hosts=() if on_server else (place,),
        servers=(place,) if on_server else (),
    )
    return select(asked).jobs(Options(requests=40, http_requests=40, time_limit=time_limit))


def run(what: list[Job]) -> list[CellResult]:
    return list(Pool(1).run(what))


@pytest.mark.parametrize("place", ["threads", "threaded_pool"])
def test_a_crash_is_the_result_of_its_cell_alone(place: str) -> None:
    exiting, crashing, fine = run(jobs(place, "EXITING", "CRASHING", "FINE"))
    assert [exiting.ending, crashing.ending] == [Ending.CRASHED, Ending.CRASHED]
    assert exiting.log.splitlines()[0] == "exiting as told"
    assert "ended with exit code 2" in exiting.log
    assert "Segmentation fault" in crashing.log
    assert "in crashing" in crashing.log
    assert fine.grade is Grade.KEPT


def test_a_worker_that_is_killed_costs_the_cell_at_hand_and_no_other() -> None:
    before, killed, *after = run(jobs("threads", "FINE", "PATRICIDE", "read_back", "starts_empty"))
    assert killed.ending is Ending.CRASHED
    assert [before.grade, *(result.grade for result in after)] == [Grade.KEPT] * 3


@pytest.mark.parametrize(
    ("place", "scenario", "unit"),
    [
        ("threads", "WAITING", "thread-3"),
        ("tasks", "WAITING", "task-3"),
        ("tasks", "SPINNING", "task-3"),
        ("greenlets", "WAITING", "greenlet-3"),
        ("threaded_pool", "WAITING", "thread-"),
        ("gevent_pywsgi", "WAITING", "greenlet-"),
        ("uvicorn_asgi", "WAITING", "task-"),
        ("wsgiref_single", "WAITING", "thread-0"),
    ],
)
def test_a_cell_that_hangs_is_ended_at_its_time_limit_and_says_where(
    place: str, scenario: str, unit: str
) -> None:
    time_limit = 3.0 if "_" in place else 1.0  # a server that hangs is first waited for by its clients
    hung, fine = run(jobs(place, scenario, "FINE", time_limit=time_limit))
    assert hung.ending is Ending.HUNG
    assert hung.seconds < 6
    assert hung.sent > 0
    assert any(line.startswith(f"r3 on {unit}") for line in hung.hung_at), hung.hung_at
    assert any(f"{scenario.lower()} (crooked_scenarios.py:" in line for line in hung.hung_at), hung.hung_at
    assert fine.ending is Ending.JUDGED
    assert fine.evidence.failed == fine.evidence.unanswered == 0


def test_a_cell_that_never_gets_evidence_is_judged_before_its_time_is_up() -> None:
    (result,) = run(jobs("threads", "SILENT", time_limit=0.6))
    assert (result.ending, result.grade) == (Ending.JUDGED, Grade.UNPROVEN)


@pytest.mark.parametrize("place", ["threads", "threaded_pool"])
def test_a_checker_that_raises_leaves_its_cell_crashed(place: str) -> None:
    (job,) = jobs(place, "read_back")
    (result,) = run([replace(job, checkers=(*job.checkers, f"{HERE}:CHECKER"))])
    assert result.ending is Ending.CRASHED
    assert result.grade is Grade.UNPROVEN
    assert "ZeroDivisionError: this checker is broken" in result.log


def test_a_checker_that_raises_when_time_is_up_is_no_hang() -> None:
    (job,) = jobs("threads", "WAITING", time_limit=1.0)
    (result,) = run([replace(job, checkers=(f"{HERE}:CHECKER",))])
    assert result.ending is Ending.CRASHED
    assert "ZeroDivisionError" in result.log


def test_a_control_that_is_not_caught_is_missed_after_all_rounds() -> None:
    (result,) = run(jobs("threads", "read_back", local=f"{HERE}:IMPOSTOR"))
    assert (result.outcome, result.grade) == (Outcome.ISOLATED, Grade.MISSED)
    assert result.sent == MOST_ROUNDS * (40 + SERIAL_REQUESTS)


def test_where_nothing_is_demanded_of_a_control_one_round_is_enough() -> None:
    (result,) = run(jobs("single", "read_back", local=f"{HERE}:IMPOSTOR"))
    assert result.grade is Grade.UNPROMISED
    assert result.sent == 40 + SERIAL_REQUESTS


def test_results_come_whole_to_a_reader_that_takes_its_time() -> None:
    """The worker's timer interrupts its writes while the pipe is full; none of them may end short."""
    (job,) = jobs("threads", "read_back", "belong_together", local="broken_global")
    command = child.command("harness.engine.worker")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=child.variables()
    ) as worker:
        assert worker.stdout is not None
        if sys.platform == "linux":
            fcntl.fcntl(worker.stdout, fcntl.F_SETPIPE_SZ, 4096)
        assert worker.stdin is not None
        worker.stdin.write(job.to_json().encode() + b"\n")
        worker.stdin.flush()
        time.sleep(2.0)
        worker.stdin.close()
        *lines, done = worker.stdout.read().splitlines()
    assert done == b"done"
    assert [build(CellResult, json.loads(line)).cell for line in lines] == list(job.cells)
    assert min(map(len, lines)) > 4096, "none of these had to wait"
