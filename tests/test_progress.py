"""How a run goes on: a line a cell where no terminal is, with what is odd, and nothing where quiet is asked for."""

import io
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from harness.core.record import Cell, CellResult, Ending, Finding, Place
from harness.core.verdict import Anomaly, Evidence, Grade, Need, Outcome
from harness.progress import AppProgress, Progress
from localimpl import Unit

CELL = Cell(
    "localimpl.contextvar:SUBJECT",
    Place.HOST,
    "harness.hosts.threads:HOST",
    "scenarios.read_back:SCENARIO",
    "",
    "",
)
KEPT = CellResult(CELL, Unit.THREAD, Ending.JUDGED, Outcome.ISOLATED, Grade.KEPT, 9, Evidence(entered=9))
BLEED = Finding(Anomaly.BLEED, Need.OVERLAP, 9, 4, Outcome.MIXED, None, True)
MIXED = replace(KEPT, outcome=Outcome.MIXED, findings=(BLEED,))


def said(result: CellResult, *, quiet: bool = False, verbose: bool = False) -> str:
    to = io.StringIO()
    with Progress(3, quiet=quiet, verbose=verbose, to=to) as progress:
        progress.tell(result)
    return to.getvalue()


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (KEPT, "[1/3] KEPT       contextvar-threads-read_back: isolated\n"),
        (replace(MIXED, grade=Grade.CAUGHT), "[1/3] CAUGHT     contextvar-threads-read_back: mixed\n"),
        (
            replace(MIXED, grade=Grade.BROKEN),
            "[1/3] BROKEN     contextvar-threads-read_back: mixed, bleed × 4 of 9 requests\n",
        ),
        (
            replace(
                KEPT, ending=Ending.CRASHED, grade=Grade.UNPROVEN, outcome=Outcome.INCONCLUSIVE, log="a\nb"
            ),
            "[1/3] CRASHED    contextvar-threads-read_back: inconclusive, b\n",
        ),
        (
            replace(KEPT, ending=Ending.HUNG, grade=Grade.KEPT, hung_at=("r1 on thread-0", "thread 7: x")),
            "[1/3] HUNG       contextvar-threads-read_back: isolated, r1 on thread-0\n",
        ),
    ],
)
def test_a_cell_is_one_line(result: CellResult, line: str) -> None:
    assert said(result) == line


def test_verbose_says_what_was_seen_of_every_cell() -> None:
    assert said(replace(MIXED, grade=Grade.CAUGHT), verbose=True).endswith(
        ": mixed, bleed × 4 of 9 requests\n"
    )


def test_quiet_says_nothing() -> None:
    assert said(replace(MIXED, grade=Grade.BROKEN), quiet=True, verbose=True) == ""


def test_how_far_a_search_is_is_told_once_in_a_while_where_no_terminal_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    to = io.StringIO()
    with Progress(3, quiet=False, verbose=False, to=to) as progress:
        for now[0], schedules in ((1.0, 90), (10.5, 1_200), (11.0, 1_300), (21.0, 2_400)):
            progress.count(CELL, schedules)
    assert to.getvalue() == (
        "contextvar-threads-read_back: 1,200 schedules so far\n"
        "contextvar-threads-read_back: 2,400 schedules so far\n"
    )


def test_a_terminal_shows_how_far_a_search_is_at_any_time() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    to = Terminal()
    with Progress(3, quiet=False, verbose=False, to=to) as progress:
        progress.count(CELL, 1_200)
    assert "1,200 schedules of contextvar-threads-read_bac" in to.getvalue()


def test_quiet_says_nothing_of_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    to = io.StringIO()
    with Progress(3, quiet=True, verbose=False, to=to) as progress:
        monkeypatch.setattr(time, "monotonic", lambda: 1e12)
        progress.count(CELL, 1_200)
    assert not to.getvalue()


def test_of_an_app_each_stage_is_told_once_whichever_client_tells_it_first() -> None:
    class Slow(io.StringIO):
        def write(self, text: str) -> int:
            time.sleep(0.001)  # others come meanwhile
            return super().write(text)

    to = Slow()
    with AppProgress(quiet=False, to=to) as progress, ThreadPoolExecutor(8) as clients:
        for stage, signs in (("alone", 0), ("together", 1), ("pipelined", 2)):
            wait([clients.submit(progress.tell, stage, 1200, signs) for _ in range(8)])
    assert to.getvalue() == (
        "alone: 1,200 requests sent\n"
        "together: 1,200 requests sent, 1 sign of a mix-up\n"
        "pipelined: 1,200 requests sent, 2 signs of a mix-up\n"
    )
