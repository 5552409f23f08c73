"""The command and its processes: however it ends, what is known is written, and nothing goes on without it."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from tests.doors.command import marked, start

SLOW = """
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE


def view(app, own):
    while own.request == "r3":
        yield PAUSE
    yield PAUSE
    return own.token


SCENARIO = Scenario("never", "The fourth request never ends.", view)
"""


def wait_until(true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def mark() -> str:
    return uuid4().hex


def hanging(folder: Path, mark: str) -> "subprocess.Popen[str]":
    """Start a run with one quick cell, one that hangs in a fork, and one that hangs on a server."""
    (folder / "never.py").write_text(SLOW)
    words = ("--local", "contextvar", "--host", "threads", "--server", "threaded_pool", "--time-limit", "600")
    scenarios = ("--scenario", "read_back", "--scenario", "never:SCENARIO")
    process = start(folder, "run", *words, *scenarios, "--out", "out", mark=mark)
    assert process.stderr is not None
    # Both quick cells, each before a cell that hangs on the same place; then server, fork, workers and command live.
    assert "read_back" in process.stderr.readline()
    assert "read_back" in process.stderr.readline()
    assert wait_until(lambda: len(list(marked(mark))) == 6), list(marked(mark))
    return process


def listening(mark: str) -> list[int]:
    found = []
    for process in marked(mark):
        try:
            found += [
                each.laddr.port for each in process.net_connections() if each.status == psutil.CONN_LISTEN
            ]
        except psutil.Error:
            continue
    return found


def test_ctrl_c_writes_what_is_known_and_leaves_nothing(tmp_path: Path, mark: str) -> None:
    with hanging(tmp_path, mark) as process:
        assert len(listening(mark)) == 1
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    assert "interrupted" in out.lower()
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["interrupted"] is True
    assert [cell["grade"] for cell in record["cells"]] == ["kept", "kept"]
    assert "2 cells were not run" in record["notes"]
    assert (tmp_path / "out" / "index.html").is_file()
    assert wait_until(lambda: not list(marked(mark))), list(marked(mark))


def test_ctrl_c_in_a_search_keeps_what_it_and_others_found_and_leaves_nothing(
    tmp_path: Path, mark: str
) -> None:
    words = ("--local", "thread_ident", "--local", "contextvar", "--host", "tasks", "--scenario", "read_back")
    endless = (
        "--requests",
        "8",
        "--bound",
        "none",
        "--no-reduce",
        "--time",
        "600",
        "--schedules",
        "1000000000",
    )
    with start(tmp_path, "explore", *words, *endless, "--out", "out", mark=mark) as process:
        assert process.stderr is not None
        assert "CAUGHT     thread_ident-tasks-read_back" in process.stderr.readline()
        # The command itself computes nothing; what does for so long is under way with the other search.
        assert wait_until(lambda: any(each.cpu_times().user > 3 for each in marked(mark)))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False), out + err
    assert "was overtaken by" in out
    assert "The run was interrupted" in out
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["interrupted"] is True
    assert record["notes"] == []
    searched = {cell["cell"]["subject"]: cell["explored"] for cell in record["cells"]}
    found, cut = (searched[f"localimpl.{name}:SUBJECT"] for name in ("thread_ident", "contextvar"))
    assert found["explanation"]["kind"] == "bleed"
    assert (cut["interrupted"], cut["outcome"], cut["explanation"]) == (True, "inconclusive", None)
    assert cut["schedules"] > 0
    assert "Then it was interrupted." in " ".join(out.split())
    assert "interleaving" in (tmp_path / "out" / "index.html").read_text()
    assert wait_until(lambda: not list(marked(mark))), list(marked(mark))


def test_nothing_outlives_a_command_that_is_killed(tmp_path: Path, mark: str) -> None:
    with hanging(tmp_path, mark) as process:
        process.kill()
        assert wait_until(lambda: not list(marked(mark))), list(marked(mark))


def test_a_worker_that_is_killed_takes_its_fork_along_and_its_cell_has_crashed(
    tmp_path: Path, mark: str
) -> None:
    with hanging(tmp_path, mark) as process:
        workers = psutil.Process(process.pid).children()
        assert len(workers) == 2
        for worker in workers:
            worker.kill()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2, out + err
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert sorted(cell["ending"] for cell in record["cells"]) == ["crashed", "crashed", "judged", "judged"]
    assert wait_until(lambda: not list(marked(mark))), list(marked(mark))
