"""The command line as a person uses it: what it prints, what it writes, and with which code it ends."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.doors.command import PROGRAM, run

CELL = ("--host", "threads", "--scenario", "read_back")
SCHEMA = Path(__file__).parents[2] / "harness" / "core" / "record.schema.json"
PARTS = '''
"""Parts of somebody else."""
import os
from harness.core.ports import Carries, Server
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE
from harness.core.verdict import Need
from localimpl import Unit


class Shared:
    """One dict for all."""

    def __init__(self): self.values = {}
    def get(self, name): return self.values[name]
    def set(self, name, value): self.values[name] = value
    def delete(self, name): del self.values[name]
    def release(self): self.values.clear()


class Half:
    def get(self, name): return None


INSTANCE = Shared()


def view(app, own):
    yield PAUSE
    return own.token


def serve(app, port, ready):
    raise RuntimeError("no room at all")


QUIET = Scenario("quiet", "A request is answered.", view)
NAMESAKE = Scenario("read_back", "Another of this name.", view)
BROKEN = Server(
    "broken",
    "Raises.",
    Unit.THREAD,
    "wsgi",
    serve,
    frozenset(Need),
    "one thread",
    False,
    Carries(False, True, False, True),
)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a module ``parts`` in it."""
    (tmp_path / "parts.py").write_text(PARTS)
    (tmp_path / "breaks.py").write_text("import parts.nothing\n")
    (tmp_path / "leaves.py").write_text("raise SystemExit('bye')\n")
    return tmp_path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder and the output of a run in which all is well."""
    folder = tmp_path_factory.mktemp("kept")
    code, out, err = run(folder, "run", "--local", "contextvar", *CELL, "--out", "out")
    assert code == 0, out + err
    return folder, out, err


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder and the output of a run in which a Local of a person's own breaks its promise."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "parts.py").write_text(PARTS)
    code, out, err = run(
        folder, "run", "--local", "parts:Shared", "--promise", "thread", *CELL, "--out", "out"
    )
    assert code == 1, out + err
    return folder, out, err


def test_a_kept_promise_ends_with_the_verdict_and_the_page(kept: tuple[Path, str, str]) -> None:
    folder, out, err = kept
    assert out.splitlines()[-2:] == ["Every promise was kept in 1 cell.", "page:   out/index.html"]
    assert err == "[1/1] KEPT       contextvar-threads-read_back: isolated\n"
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["index.html", "junit.xml", "run.json"]


def test_a_broken_promise_is_told_with_the_command_that_repeats_it(broken: tuple[Path, str, str]) -> None:
    folder, out, err = broken
    assert "broke its promise on threads in 1 cell." in out
    assert err.startswith("[1/1] BROKEN     Shared[thread]-threads-read_back: mixed, ")
    *_, repeat = out.splitlines()
    assert repeat.startswith("repeat: ctxstress run --local 'parts:Shared[thread]' --host threads ")
    again = subprocess.run(
        repeat.removeprefix("repeat: ").replace("ctxstress", str(PROGRAM), 1),
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1, again.stdout + again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--local", "contxtvar"], "there is no local 'contxtvar'; did you mean contextvar?"),
        (["--host", "thread"], "there is no host 'thread'; did you mean threads"),
        (["--server", "uvicorn"], "there is no server 'uvicorn'; did you mean uvicorn_asgi"),
        (["--scenario", "readback"], "there is no scenario 'readback'; did you mean read_back?"),
        (["--gate", "gitter"], "there is no gate 'gitter'; did you mean jitter?"),
        (["--local", "nowhere.at_all:Local"], "there is no module 'nowhere' on the import path"),
        (["--local", "breaks:Local"], "importing breaks failed: no module 'parts.nothing'"),
        (["--local", "leaves:Local"], "importing leaves failed: SystemExit: bye"),
        (["--local", "parts:Sharde"], "parts has no 'Sharde'; did you mean Shared"),
        (["--local", "parts:Half", "--promise", "thread"], "no Local: that lacks set, delete, release"),
        (
            ["--local", "parts:INSTANCE"],
            "parts:INSTANCE is a Shared, and no class or function that makes a Local",
        ),
        (["--local", "parts:Shared"], "say what it keeps apart with --promise"),
        (["--local", "parts:Shared", "--promise", "thraed"], "'thraed' is no unit; did you mean thread?"),
        (["--local", "contextvar", "--promise", "thraed"], "'thraed' is no unit; did you mean thread?"),
        (
            ["--local", "contextvar", "--scenario", "parts:Shared"],
            "parts:Shared is a class Shared, and no scenario",
        ),
        (["--local", "contextvar", "--host", "parts:QUIET"], "parts:QUIET is a Scenario, and no host"),
        (["--scenario", "read_back", "--scenario", "parts:NAMESAKE"], "are both called 'read_back'"),
        (["--server", "threaded", "--scenario", "cancellation"], "no cell is left to run"),
        (["--out", "parts.py/out"], "name another folder with --out"),
        (["--local", "contextvar", "--patch", "late"], "--patch is about your own app"),
        (["--request", "GET /me?u={token}"], "--request is about your own app"),
    ],
)
def test_a_mistake_is_told_in_words_and_nothing_is_written(folder: Path, words: list[str], said: str) -> None:
    before = {path.name for path in folder.iterdir()}
    code, out, err = run(folder, "run", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == before


def test_a_server_that_does_not_come_up_is_told_with_its_error(folder: Path) -> None:
    code, out, err = run(
        folder,
        "run",
        "--local",
        "contextvar",
        "--server",
        "parts:BROKEN",
        "--scenario",
        "parts:QUIET",
        "--out",
        "out",
    )
    assert code == 2
    assert "CRASHED" in err
    assert "RuntimeError: no room at all" in err
    assert "did not start" in out
    assert "Of 1 cell, 1 crashed." in out


def test_a_promise_that_nobody_needs_is_told(folder: Path) -> None:
    code, out, _ = run(folder, "run", "--local", "contextvar", "--promise", "thread", *CELL, "--out", "out")
    assert code == 0
    assert "note: --promise was not used" in out


def test_json_stands_alone_on_stdout_and_is_of_the_schema(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "run", "--local", "contextvar", *CELL, "--json", "--out", "out")
    assert (code, err) == (0, "")
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(out))
    assert out.strip() == (tmp_path / "out" / "run.json").read_text().strip()


def test_quiet_says_only_how_it_ended(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "run", "--local", "contextvar", *CELL, "-q", "--out", "out")
    assert (code, err) == (0, "")
    assert out.split() == ["Every", "promise", "was", "kept", "in", "1", "cell.", "page:", "out/index.html"]


def test_verbose_says_of_each_cell_what_was_seen(tmp_path: Path) -> None:
    words = ("run", "--local", "broken_global", *CELL, "--out", "out")
    _, _, plain = run(tmp_path, *words)
    _, _, verbose = run(tmp_path, *words, "-v")
    assert "requests" not in plain
    assert " of 204 requests\n" in verbose
    assert "bleed × " in verbose


def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [str(PROGRAM), "run", "--local", "contextvar", *CELL, "--out", "out"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "120"},
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux's way of saying that the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert "━".encode() in seen
    assert b"1/1" in seen
    assert b"KEPT" not in seen


def test_list_shows_every_room(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "list")
    assert code == 0
    for name in (
        "contextvar",
        "broken_pop",
        "threads_per_request",
        "uvicorn_asgi",
        "rendezvous",
        "torn",
        "read_back",
    ):
        assert f"\n{name} " in out
    code, out, _ = run(tmp_path, "list", "host")
    assert "threads_per_request" in out
    assert "contextvar" not in out


def test_doctor_names_what_a_run_stands_on(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "doctor")
    assert code == 0
    assert out.startswith("python ")
    assert "gevent" in out
    if sys.version_info < (3, 15):  # for which two servers have no wheels
        assert "Nothing is missing" in out


def test_trace_prints_both_requests(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "trace", "--local", "contextvar", "--unit", "task")
    assert code == 0
    assert "request_context" in out


def test_a_report_is_written_again(kept: tuple[Path, str, str], tmp_path: Path) -> None:
    folder, said, _ = kept
    code, out, _ = run(folder, "report", "out", "--out", str(tmp_path / "again"))
    assert code == 0
    assert out.splitlines()[:-1] == said.splitlines()[:-1]
    page = (tmp_path / "again" / "index.html").read_text()
    assert page == (folder / "out" / "index.html").read_text()


def test_a_recheck_agrees(kept: tuple[Path, str, str], broken: tuple[Path, str, str]) -> None:
    assert run(kept[0], "recheck", "out")[:2] == (0, "1 cell as before, 0 changed, none for the worse.\n")
    assert run(broken[0], "recheck", "out")[:2] == (1, "1 cell as before, 0 changed, none for the worse.\n")


def test_a_comparison_ends_with_1_when_something_got_worse(
    kept: tuple[Path, str, str], tmp_path: Path
) -> None:
    good = kept[0] / "out" / "run.json"
    record = json.loads(good.read_text())
    record["cells"][0] |= {"outcome": "mixed", "grade": "broken"}
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(record))
    code, out, _ = run(tmp_path, "compare", str(good), str(bad))
    assert code == 1
    assert out.startswith("worse: contextvar-threads-read_back: kept")
    assert run(tmp_path, "compare", str(bad), str(good))[0] == 0
    assert run(tmp_path, "compare", str(good), str(good))[0] == 0


@pytest.mark.parametrize("command", ["recheck", "report", "compare"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (None, "cannot read"),
        ("this is no JSON", "is not JSON"),
        ("[1, 2]", "is no run of ctxstress"),
        ({"schema": "somebody-else/3"}, "'somebody-else/3' found"),
        ({"cells": 7}, "is a damaged run record"),
        ({"seed": "one"}, "int expected, 'one' found"),
        ({"options": []}, "is a damaged run record"),
        ({"subjects": []}, "does not describe that"),
    ],
)
def test_a_record_that_is_none_is_refused(
    kept: tuple[Path, str, str], tmp_path: Path, command: str, change: object, said: str
) -> None:
    file = tmp_path / "some.json"
    if isinstance(change, dict):
        file.write_text(json.dumps(json.loads((kept[0] / "out" / "run.json").read_text()) | change))
    elif isinstance(change, str):
        file.write_text(change)
    words = [command, str(file)] + [str(kept[0] / "out")] * (command == "compare")
    code, out, err = run(tmp_path, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert "some.json" in err
    assert "Traceback" not in err


def test_a_fault_of_its_own_is_not_taken_for_a_broken_promise(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import harness.selection\nharness.selection.select = lambda asked: 1 / 0\n"
    )
    code, out, err = run(tmp_path, "run", path=str(tmp_path))
    assert (code, out) == (2, "")
    assert "ZeroDivisionError" in err
