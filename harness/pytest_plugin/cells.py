"""Cells as tests: one for each cell of the matrix, spread over xdist's workers, and one report for all of them.

A test module asks for cells by using the fixture, and may choose them with a marker that takes what
``harness.selection.Asked`` does; without it, the default matrix is run::

    @pytest.mark.ctxstress(locals=("our.context:Local",), promise="thread,task")
    def test_our_local(ctxstress_cell: CellTest) -> None:
        ctxstress_cell.check()

In a session without such a test this plugin does nothing. What runs cells is imported when the first is collected,
in processes of its own when the first is run.
"""

import json
import shlex
import sys
import time
from collections.abc import Generator
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.pytest_plugin.failures import fail

if TYPE_CHECKING:
    from harness.core.record import CellResult, Run
    from harness.engine.job import Job, Options
    from harness.engine.pool import Worker
    from harness.selection import Asked

EXPLORED = 5.0
"""Seconds that the interleaving of a broken promise is searched for."""
FIXTURE = "ctxstress_cell"
MARKER = "ctxstress"
PAYLOAD = "ctxstress_result"
"""The attribute of a test report in which a cell's result travels, as JSON, to where the report is written."""

SENT = pytest.StashKey[str]()
NOTES = pytest.StashKey[tuple[str, ...]]()
BENCH = pytest.StashKey["Bench"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the few options that a run by pytest has."""
    group = parser.getgroup("ctxstress", "context isolation under stress")
    group.addoption(
        "--ctxstress-out",
        metavar="DIR",
        default="reports/out",
        help="Where the report on the cells goes, seen from the root directory.  [reports/out]",
    )
    group.addoption(
        "--ctxstress-seed",
        metavar="N",
        type=int,
        default=1,
        help="Fixes requests, pauses and tokens.  [1]",
    )
    group.addoption(
        "--ctxstress-local",
        metavar="NAME",
        action="append",
        default=[],
        help="Test this Local in place of the chosen ones: a name, a glob, or package.module:Name.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known; where reports come together, gather results."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(locals, hosts, servers, scenarios, promise, gate): which cells {FIXTURE} stands for",
    )
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gathering(config), "ctxstress-gathering")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each cell; cells that can share a server stand together, the longest first."""
    if FIXTURE not in metafunc.fixturenames:
        return
    from harness.core.errors import UserError
    from harness.core.record import Place
    from harness.selection import select

    item = metafunc.definition
    try:
        selection = select(_asked(item))
    except UserError as error:
        raise pytest.Collector.CollectError(f"ctxstress: {error}") from error
    notes = metafunc.config.stash.get(NOTES, ())
    metafunc.config.stash[NOTES] = tuple(dict.fromkeys(notes + selection.notes))
    jobs = []
    for job in selection.jobs(_options(metafunc.config)):
        shared = job.scenarios if job.cells[0].place is Place.SERVER else ()
        jobs += [replace(job, cells=(cell,), mounted=shared) for cell in job.cells]
    metafunc.parametrize(FIXTURE, jobs, ids=[job.cells[0].id for job in jobs], indirect=True)


def _asked(item: pytest.Item) -> "Asked":
    from harness.selection import Asked

    marker = item.get_closest_marker(MARKER)
    try:
        asked = Asked(**marker.kwargs) if marker else Asked()
    except TypeError as error:
        raise pytest.Collector.CollectError(
            f"@pytest.mark.{MARKER}: {error}; see harness.selection.Asked"
        ) from error
    instead = item.config.getoption("--ctxstress-local")
    return replace(asked, locals=tuple(instead)) if instead else asked


def _options(config: pytest.Config) -> "Options":
    from harness.engine.job import Options

    return Options(seed=config.getoption("--ctxstress-seed"))


@pytest.fixture
def ctxstress_cell(request: pytest.FixtureRequest) -> "CellTest":
    """One cell of the matrix, to be checked."""
    return CellTest(request.node, request.param)


class CellTest:
    """A cell that a test stands for."""

    def __init__(self, item: pytest.Item, job: "Job") -> None:
        self._item = item
        self.job = job

    def check(self) -> None:
        """Run the cell and fail unless it is as promised: kept, a control caught, or nothing promised."""
        from harness.core.record import Ending
        from harness.core.verdict import Grade
        from harness.engine.job import Explore
        from reports.matrix import standing
        from reports.words import FAULTS

        stash = self._item.config.stash
        result = stash.setdefault(BENCH, Bench()).run(self.job)
        if result.grade is Grade.BROKEN or result.ending is Ending.HUNG:
            from harness.explained import explained

            result = next(explained([result], self.job.options, Explore(seconds=EXPLORED), 1), result)
        self._item.stash[SENT] = json.dumps({"result": asdict(result), "notes": stash[NOTES]})
        if standing(result) in FAULTS:
            fail(self._item, describe(result))


def describe(result: "CellResult") -> str:
    """Say what is wrong with a cell: how it stands, both lanes of the first mix-up, what else is known, the command."""
    from reports.explored_text import told
    from reports.lanes_text import witness_text
    from reports.matrix import standing
    from reports.sentences import explanation, saw

    parts = [f"{result.cell.id} is {standing(result)}: {saw(result)}. {explanation(result)}"]
    parts += [witness_text(sample) for sample in result.samples if sample.witness][:1]
    if result.explored is not None:
        parts.append(told(result.explored))
    parts += [f"{trouble.count} × {trouble.text}" for trouble in result.troubles]
    parts += ["where it stood:", *result.hung_at] if result.hung_at else []
    parts += [f"its log ends with:\n{result.log}"] if result.log else []
    return "\n".join([*parts, f"repeat: {result.repeat}"])


class Bench:
    """This pytest process's workers, one of each kind, made when needed; each keeps the server of its last cell."""

    def __init__(self) -> None:
        self._workers: dict[bool, Worker] = {}

    def run(self, job: "Job") -> "CellResult":
        """Return the result of a job of one cell."""
        from harness.engine.pool import Worker

        _refuse_patched()
        worker = self._workers.get(job.patched)
        if worker is None or not worker.alive():
            self._close(job.patched)
            worker = self._workers[job.patched] = Worker(job.patched)
        (result,) = worker.results(job)
        return result

    def close(self) -> None:
        """End the workers and all that they started."""
        for patched in list(self._workers):
            self._close(patched)

    def _close(self, patched: bool) -> None:
        worker = self._workers.pop(patched, None)
        if worker is not None:
            worker.close()


def _refuse_patched() -> None:
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        pytest.fail(
            "gevent has patched the threads of this pytest process, so a cell that hangs could not be ended; "
            "find the test module that imports locust or calls monkey.patch_all(), and do that in a child process",
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the result travel with the report of its test."""
    report = yield
    if call.when == "call" and SENT in item.stash:
        setattr(report, PAYLOAD, item.stash[SENT])
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what this process started."""
    bench = session.config.stash.get(BENCH, None)
    if bench is not None:
        bench.close()


class Gathering:
    """Gathers what all workers send, and writes one report at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._started = datetime.now().astimezone()
        self._clock = time.perf_counter()
        self._results: dict[str, CellResult] = {}
        self._notes: dict[str, None] = {}
        self._closing = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a cell's result; note a test of ours whose worker died with it."""
        test = report.nodeid.partition("[")[0]
        if hasattr(report, PAYLOAD):
            from harness.core.record import CellResult, build

            payload = json.loads(getattr(report, PAYLOAD))
            self._results[report.nodeid] = build(CellResult, payload["result"])
            self._notes.update(dict.fromkeys(payload["notes"]))
        elif report.when not in ("setup", "call", "teardown") and any(
            known.startswith(f"{test}[") for known in self._results
        ):
            self._notes[
                f"the pytest worker that ran {report.nodeid} crashed; nothing is known of that cell"
            ] = None

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the report, if there is anything to write."""
        if not self._results:
            return
        from harness.core.errors import UserError
        from reports.verdict import verdict
        from reports.write import write_all

        out = self._config.rootpath / Path(self._config.getoption("--ctxstress-out"))
        try:
            run = self._run(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
            self._closing = f"{verdict(run).sentence} {write_all(run, out).page}"
        except UserError as error:
            self._closing = f"no report: {error}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the verdict and where the page is."""
        if self._closing:
            terminalreporter.write_line(f"ctxstress: {self._closing}")

    def _run(self, *, interrupted: bool) -> "Run":
        from harness.runs import Recorder
        from harness.selection import Asked, selection_of

        results = self._results.values()
        recorder = Recorder(
            selection_of((result.cell for result in results), tuple(self._notes)),
            _options(self._config),
            shlex.join(["pytest", *map(str, self._config.invocation_params.args)]),
            Asked(locals=tuple(self._config.getoption("--ctxstress-local"))),
            interrupted=interrupted,
            started=self._started,
            clock=self._clock,
        )
        for result in results:
            recorder.add(result)
        return recorder.run()
