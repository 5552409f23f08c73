"""``ctxstress explore`` and ``replay``: what they say, how they end, and what a witness is good for afterwards."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.core.control import Separable
from harness.explorer.token import decode
from harness.replayable import program_of
from tests.doors.command import run

TOKEN = re.compile(r"ctxstress replay (x1\.[\w-]+)")


def record(folder: Path) -> Any:
    return json.loads((folder / "reports" / "out" / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the thread-ident Local was explored on tasks, and what was said."""
    folder = tmp_path_factory.mktemp("caught")
    words = ("explore", "--local", "thread_ident", "--host", "tasks", "--scenario", "read_back")
    code, out, err = run(folder, *words)
    assert (code, "Traceback" in err) == (0, False), out + err
    return folder, out


def test_a_mixup_is_told_with_both_columns_and_the_line_that_replays_it(caught: tuple[Path, str]) -> None:
    folder, out = caught
    assert "was overtaken by" in out
    assert "scenarios/read_back.py" in out
    assert TOKEN.search(out)
    (cell,) = record(folder)["cells"]
    assert (cell["grade"], cell["sent"]) == ("caught", 0)
    assert cell["explored"]["explanation"]["kind"] == "bleed"
    assert cell["explored"]["found_at"] <= 10
    assert cell["repeat"].startswith("ctxstress explore --local thread_ident --host tasks")


def test_a_witness_replays_and_becomes_a_test_that_fails(caught: tuple[Path, str], tmp_path: Path) -> None:
    found = TOKEN.search(caught[1])
    assert found is not None
    code, out, err = run(tmp_path, "replay", found[1], "--write-test", "test_mixup.py")
    assert code == 1, out + err
    assert "was overtaken by" in out
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mixup.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed" in done.stdout
    assert "was overtaken by" in done.stdout


def test_a_token_knows_how_many_requests_there_were_and_the_command_how_far_to_go(tmp_path: Path) -> None:
    words = ("--local", "thread_ident", "--host", "tasks", "--scenario", "read_back")
    code, out, err = run(
        tmp_path, "explore", *words, "--requests", "5", "--schedules", "30000", "--no-reduce"
    )
    assert code == 0, out + err
    (cell,) = record(tmp_path)["cells"]
    assert cell["repeat"].endswith("--seed 1 --requests 5 --schedules 30000 --no-reduce")
    told = decode(cell["explored"]["explanation"]["token"])
    assert told.reference.endswith("|5")
    program = program_of(told)
    assert isinstance(program, Separable)
    assert len(program.parts) == 5
    code, again, err = run(tmp_path, "replay", cell["explored"]["explanation"]["token"])
    assert code == 1, again + err
    sentence = cell["explored"]["explanation"]["sentence"]
    assert sentence in " ".join(out.split())
    assert sentence in " ".join(again.split())


def test_a_kept_promise_is_told_with_its_bound(tmp_path: Path) -> None:
    code, out, _ = run(
        tmp_path, "explore", "--local", "contextvar", "--host", "tasks", "--scenario", "read_back"
    )
    assert code == 0
    (cell,) = record(tmp_path)["cells"]
    assert cell["grade"] == "kept"
    assert cell["explored"]["sentence"].startswith("No mix-up in all ")
    assert " ".join(cell["explored"]["sentence"].split()[:6]) in " ".join(out.split())
    assert all(phase["exhausted"] for phase in cell["explored"]["phases"])


def test_the_last_ident_cache_is_found_at_one_preemption_of_threads(tmp_path: Path) -> None:
    words = (
        "--local",
        "broken_last_ident_cache",
        "--host",
        "threads",
        "--scenario",
        "read_back",
        "--bound",
        "1",
    )
    code, out, err = run(tmp_path, "explore", *words)
    assert code == 0, out + err
    (cell,) = record(tmp_path)["cells"]
    told = cell["explored"]["explanation"]
    assert (cell["grade"], told["feasibility"], told["preemptions"]) == ("caught", "a GIL switch", 1)
    assert any(switch["file"].endswith("broken_last_ident_cache.py") for switch in told["schedule"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("explore", "--bound", "few"), "neither a number of preemptions nor 'none'"),
        (("explore", "--strategy", "pc"), "did you mean pct"),
        (("explore", "--local", "contextva"), "did you mean contextvar"),
        (("explore", "--strategy", "*"), "names 8 of the kind strategy, and one is wanted"),
        (("explore", "--host", "nope"), "there is no host 'nope'; there are: greenlets, single, tasks"),
        (("explore", "--host", "single"), "no controlled host stands for it; there are: greenlets, tasks"),
        (("explore", "--scenario", "readback"), "did you mean read_back"),
        (("explore", "--watch", "nope.py"), "'nope.py' cannot be watched: there is no such file in"),
        (("explore", "--watch", "run.txt"), "'run.txt' cannot be watched: it is no source file of Python"),
        (("explore", "--out", "run.txt/out"), "cannot write the reports to run.txt/out"),
        (("explore", "--out", "run.txt"), "'run.txt' is a file"),
        (("replay", "y1.abc"), "is no token"),
        (("replay", "x1.abcdefgh"), "is damaged"),
    ],
)
def test_mistakes_are_told_with_what_to_do(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    (tmp_path / "run.txt").write_text("")
    code, out, err = run(tmp_path, *words)
    assert code == 2
    assert told in " ".join((out + err).split())
    assert "Traceback" not in err


def test_a_run_shows_flood_and_exploration_side_by_side(tmp_path: Path) -> None:
    words = ("--local", "thread_ident", "--scenario", "read_back", "--host", "tasks", "--host", "threads")
    code, _, err = run(tmp_path, "run", *words, "--server", "uvicorn_asgi")
    assert code == 0, err
    cells = {cell["cell"]["where"].rpartition(".")[2]: cell for cell in record(tmp_path)["cells"]}
    assert cells["threads:HOST"]["explored"]["outcome"] == "isolated"
    assert cells["tasks:HOST"]["sent"] > 0
    assert cells["tasks:HOST"]["explored"]["explanation"]["kind"] == "bleed"
    # A server's mix-up is explained by units of its kind in one process.
    assert (
        cells["uvicorn_asgi:SERVER"]["explored"]["explanation"]
        == cells["tasks:HOST"]["explored"]["explanation"]
    )
    page = (tmp_path / "reports" / "out" / "index.html").read_text(encoding="utf-8")
    assert "interleaving" in page


def test_a_run_explores_nothing_when_asked_not_to(tmp_path: Path) -> None:
    words = ("--local", "contextvar", "--scenario", "read_back", "--host", "tasks", "--explore", "0")
    assert run(tmp_path, "run", *words)[0] == 0
    assert record(tmp_path)["cells"][0]["explored"] is None
