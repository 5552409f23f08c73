"""The pytest door in projects of its own: passes, failures, one report for all workers, and silence where unasked."""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from harness.core.record import CellResult, build

TEST = """
    import pytest

    @pytest.mark.ctxstress({choice})
    def test_cell(ctxstress_cell):
        ctxstress_cell.check()
"""
LOCALS = """
    import os
    import threading

    from localimpl import Promise, Subject, Unit
    from localimpl.broken_global import GlobalLocal
    from localimpl.contextvar import ContextLocal

    EVERYTHING = Promise(isolates=frozenset(Unit))

    class Local(ContextLocal, reads_attributes=True):
        __slots__ = ()

    class Deadly(ContextLocal, reads_attributes=True):
        __slots__ = ()

        def set(self, name, value, /):
            os._exit(3)

    class Deadlocked(ContextLocal, reads_attributes=True):
        __slots__ = ("_taken",)

        def __init__(self):
            self._taken = threading.Lock()

        def set(self, name, value, /):
            with self._taken, self._taken:
                super().set(name, value)

    DEADLOCKED = Subject("deadlocked", "Takes a lock that it has.", Deadlocked, EVERYTHING)
    SHARED = Subject("shared", "One dict for everybody.", GlobalLocal, EVERYTHING)
    DEADLY = Subject("deadly", "Ends its process.", Deadly, EVERYTHING)
"""


@dataclass(frozen=True)
class Session:
    """A finished run of pytest and the record that it wrote, if it did."""

    code: int
    out: str
    folder: Path

    @property
    def record(self) -> Any:
        return json.loads((self.folder / "reports" / "out" / "run.json").read_text(encoding="utf-8"))

    @property
    def cells(self) -> dict[str, Any]:
        return {build(CellResult, result).cell.id: result for result in self.record["cells"]}

    def counts(self) -> dict[str, int]:
        """The numbers in pytest's last line."""
        return {
            word: int(number)
            for number, word in re.findall(r"(\d+) (passed|failed|error)", self.out.splitlines()[-1])
        }


Run = Callable[..., Session]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "200"} | more


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with Locals of its own."""
    # Of the plugins that are installed here, what is slow to start; anyio's also imports ssl, of which gevent warns.
    without = " ".join(f"-p no:{name}" for name in ("locust", "cacheprovider", "hypothesispytest", "anyio"))
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {without} -W error\n")
    (tmp_path / "our.py").write_text(dedent(LOCALS))
    return tmp_path


@pytest.fixture
def run(project: Path) -> Run:
    """Write the test modules, as text by name, and run pytest."""

    def run_pytest(*arguments: str, **modules: str) -> Session:
        for name, text in modules.items():
            (project / f"{name}.py").write_text(dedent(text))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=project,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Session(done.returncode, done.stdout + done.stderr, project)

    return run_pytest


def choice(**what: Any) -> str:
    """A test module for the cells of this choice; on threads with read_back unless told otherwise."""
    return TEST.format(
        choice=", ".join(f"{name}={value!r}" for name, value in {"hosts": ["threads"], **what}.items())
    )


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_cells_pass_and_one_report_is_written(run: Run, workers: str) -> None:
    session = run(
        workers,
        "-v",
        test_ours=choice(locals=["contextvar", "broken_global"], scenarios=["read_back"]),
        test_more=choice(locals=["our:Local[thread]"], hosts=["tasks", "threads"], scenarios=["read_back"]),
    )
    assert session.code == 0, session.out
    assert session.counts() == {"passed": 4}
    for test in (
        "test_ours.py::test_cell[contextvar-threads-read_back]",
        "test_more.py::test_cell[Local[thread]-tasks-",
    ):
        assert test in session.out
    grades = {name: result["grade"] for name, result in session.cells.items()}
    assert grades == {
        "contextvar-threads-read_back": "kept",
        "broken_global-threads-read_back": "caught",
        "Local[thread]-threads-read_back": "kept",
        "Local[thread]-tasks-read_back": "unpromised",
    }
    (line,) = [line for line in session.out.splitlines() if line.startswith("ctxstress: ")]
    assert line.startswith("ctxstress: Every promise was kept")
    assert line.endswith(str(session.folder / "reports" / "out" / "index.html"))
    assert "<html" in (session.folder / "reports" / "out" / "index.html").read_text(encoding="utf-8")
    assert session.record["command"].startswith(f"pytest {workers}")


def test_a_broken_promise_fails_with_both_lanes_and_the_command(run: Run) -> None:
    session = run("-n1", test_ours=choice(locals=["our:SHARED", "contextvar"], scenarios=["read_back"]))
    assert session.code == 1
    assert session.counts() == {"failed": 1, "passed": 1}
    assert "SHARED-threads-read_back is broken: bleed" in session.out
    sentence = re.search(r"(r\S+) wrote '\S+'; (r\S+), in flight with it, read \1's value", session.out)
    assert sentence, session.out
    writer, victim = sentence.groups()
    heads = [line for line in session.out.splitlines() if f"{writer} (thread-" in line]
    assert any(f"{victim} (thread-" in line for line in heads), "a lane for each of the two"
    assert "repeat: ctxstress run --local our:SHARED --host threads --scenario read_back" in session.out
    assert "Traceback" not in session.out
    assert session.cells["SHARED-threads-read_back"]["grade"] == "broken"
    assert "ctxstress: shared broke its promise" in session.out


def test_a_cell_that_hangs_is_proven_to_be_a_deadlock(run: Run) -> None:
    session = run(
        "-n0", test_ours=choice(locals=["our:DEADLOCKED"], hosts=["greenlets"], scenarios=["read_back"])
    )
    assert (session.code, session.counts()) == (1, {"failed": 1}), session.out
    assert "all greenlets wait for something that nobody is left to bring" in session.out
    assert "r0 waits for " in session.out
    assert session.cells["DEADLOCKED-greenlets-read_back"]["grade"] == "broken"


def test_a_cell_whose_process_dies_is_a_failure_of_that_cell_alone(run: Run) -> None:
    session = run(
        "-n0", test_ours=choice(locals=["our:DEADLY", "contextvar"], scenarios=["read_back", "starts_empty"])
    )
    assert session.counts() == {"failed": 2, "passed": 2}, session.out
    assert "is crashed" in session.out
    assert "exit code 3" in session.out
    assert {result["ending"] for name, result in session.cells.items() if "DEADLY" in name} == {"crashed"}


def test_what_is_known_survives_the_death_of_a_pytest_worker(run: Run) -> None:
    """The worker dies in the middle of the third cell; the others, before and after, are in the report."""
    session = run(
        "-n1",
        conftest="""
            import os

            def pytest_runtest_call(item):
                if "greenlet_ident-threads" in item.nodeid:
                    os._exit(9)
        """,
        test_ours=choice(
            locals=["contextvar", "werkzeug_local", "greenlet_ident", "thread_ident"], scenarios=["read_back"]
        ),
    )
    assert session.code == 1
    assert session.counts() == {"failed": 1, "passed": 3}, session.out
    assert len(session.cells) == 3
    assert [
        note for note in session.record["notes"] if "greenlet_ident-threads" in note and "crashed" in note
    ]


def test_cells_on_one_server_share_it_until_one_breaks_it(run: Run) -> None:
    session = run(
        "-n0",
        watched="""
            import os, sys
            from pathlib import Path

            from harness.core.scenario import Scenario
            from localimpl import Promise, Subject, Unit
            from localimpl.contextvar import ContextLocal

            if sys.argv[0].endswith("serve.py"):
                with Path("servers.txt").open("a") as file:
                    print(os.getpid(), file=file)

            def kill(app, own):
                os._exit(3)

            KILLS = Scenario("kills", "The server dies.", kill)
            SUBJECT = Subject("watched", "Notes the servers.", ContextLocal, Promise(frozenset(Unit)))
        """,
        test_ours="""
            import pytest

            @pytest.mark.ctxstress(
                locals=["watched:SUBJECT"], servers=["threaded"],
                scenarios=["read_back", "belong_together", "watched:KILLS", "nested_contexts", "starts_empty"],
            )
            def test_cell(ctxstress_cell):
                ctxstress_cell.check()
        """,
    )
    assert session.counts() == {"failed": 1, "passed": 4}, session.out
    assert session.cells["watched-threaded-KILLS"]["ending"] == "crashed"
    servers = {int(pid) for pid in (session.folder / "servers.txt").read_text().split()}
    assert len(servers) == 2
    assert until(lambda: not any(map(is_running, servers)), 10), "servers end with the session"


def test_the_options_choose_seed_local_and_folder(run: Run) -> None:
    session = run(
        "-n1",
        "--ctxstress-seed=7",
        "--ctxstress-local=thread_*",
        "--ctxstress-out=elsewhere",
        test_ours=choice(locals=["contextvar"], scenarios=["read_back"]),
    )
    assert session.counts() == {"passed": 1}, session.out
    record = json.loads((session.folder / "elsewhere" / "run.json").read_text(encoding="utf-8"))
    (result,) = record["cells"]
    assert result["cell"]["subject"] == "localimpl.thread_ident:SUBJECT"
    assert record["seed"] == 7
    assert "--seed 7" in result["repeat"]
    assert not (session.folder / "reports").exists()


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (choice(locals=["contextvra"]), "there is no local 'contextvra'; did you mean contextvar"),
        (choice(locals=["our:Nobody"]), "our has no 'Nobody'"),
        (choice(locals=["our:Local"]), "say what it keeps apart with --promise"),
        (choice(local=["contextvar"]), "unexpected keyword argument 'local'"),
    ],
    ids=["unknown name", "unknown attribute", "no promise", "unknown argument"],
)
def test_what_cannot_be_chosen_is_an_error_of_collection(run: Run, chosen: str, said: str) -> None:
    session = run("-n0", test_ours=chosen)
    assert session.code == pytest.ExitCode.INTERRUPTED
    assert said in session.out
    assert "Traceback" not in session.out
    assert not (session.folder / "reports").exists()


def test_threads_that_gevent_patched_are_refused(run: Run) -> None:
    session = run(
        "-n0",
        conftest="from gevent import monkey\nmonkey.patch_all()\n",
        test_ours=choice(locals=["contextvar"], scenarios=["read_back"]),
    )
    assert session.counts() == {"failed": 1}, session.out
    assert "gevent has patched the threads of this pytest process" in session.out


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_project_without_cells_sees_nothing_of_it(run: Run, workers: str) -> None:
    session = run(
        workers,
        test_other="""
            import sys

            def test_nothing_of_ours_is_imported():
                ours = {name for name in sys.modules if name.partition(".")[0] in ("harness", "localimpl", "reports")}
                assert {name for name in ours if not name.startswith("harness.pytest_plugin")} <= {"harness"}
        """,
    )
    assert session.counts() == {"passed": 1}, session.out
    lines = [line for line in session.out.splitlines() if not line.startswith("plugins: ")]
    assert "ctxstress" not in "".join(lines)
    assert not (session.folder / "reports").exists()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def processes_with(mark: str) -> list[str]:
    """The command lines of the processes that have this text in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.fixture
def running(project: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A pytest run that floods a server for long, and what its processes can be told by."""
    mark = f"mark-{uuid.uuid4()}"
    (project / "test_ours.py").write_text(
        dedent(choice(locals=["contextvar"], hosts=[], servers=["threaded"]))
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-n2"],
        cwd=project,
        env=environment(CTXSTRESS_TEST_MARK=mark),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield process, mark
    process.kill()
    process.wait()


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="reads environments of processes in /proc"
)
@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_no_process_outlives_a_pytest_that_is_ended(
    running: tuple["subprocess.Popen[bytes]", str], how: str
) -> None:
    process, mark = running
    assert until(lambda: any("harness.engine.serve" in line for line in processes_with(mark)), 60)
    getattr(process, how)()
    process.wait()
    assert until(lambda: not processes_with(mark), 30), processes_with(mark)
