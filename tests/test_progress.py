"""How a run goes on: a line a cell where no terminal is, with what is odd, and nothing where quiet is asked for."""

import io
from dataclasses import replace

import pytest

from harness.core.record import Cell, CellResult, Ending, Finding, Place
from harness.core.verdict import Anomaly, Evidence, Grade, Need, Outcome
from harness.progress import Progress
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
