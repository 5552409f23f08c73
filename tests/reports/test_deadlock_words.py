"""A deadlock that only an exploration found is called one, in every place in which a cell is told."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.core.exploration import Exploration
from harness.core.record import CellResult, Run
from harness.core.verdict import Grade, Outcome
from harness.progress import Progress
from reports.explored_text import print_explored
from reports.html import render
from reports.junit import to_junit
from reports.sentences import explanation, saw
from reports.verdict import verdict
from tests.explanations import explanation as explained
from tests.reports.test_record_schema import EXPLORED

SENTENCE = "Deadlock in schedule 3, with 1 preemption: I/O or timers of another length make it."
DEADLOCK = explained("r1 waits for r2, and r2 waits for r1: nobody can go on.", kind="deadlock")
STUCK = replace(EXPLORED, outcome=Outcome.MIXED, sentence=SENTENCE, explanation=DEADLOCK)
BLED = replace(STUCK, explanation=replace(DEADLOCK, kind="bleed"))


@pytest.fixture
def kept(good_run: Run) -> CellResult:
    """A cell of which no flood is known, and no mix-up."""
    cell = next(each for each in good_run.cells if each.grade is Grade.KEPT)
    return replace(cell, sent=0, findings=(), samples=(), troubles=())


def with_proof(cell: CellResult, found: Exploration, grade: Grade = Grade.BROKEN) -> CellResult:
    return replace(cell, outcome=Outcome.MIXED, grade=grade, explored=found)


def progress(cell: CellResult) -> str:
    to = io.StringIO()
    with Progress(1, quiet=False, verbose=False, to=to) as told:
        told.tell(cell)
    return to.getvalue()


def test_a_broken_promise_by_a_deadlock_mixed_nothing_up(kept: CellResult) -> None:
    stuck, bled = with_proof(kept, STUCK), with_proof(kept, BLED)
    assert explanation(stuck).endswith("and here its requests wait for each other for ever.")
    assert explanation(bled).endswith("and requests were mixed up.")
    assert saw(stuck) == "deadlock in schedule 3 of the exploration"


def test_where_the_flood_saw_a_mix_up_that_is_told(bad_run: Run) -> None:
    cell = next(each for each in bad_run.cells if each.grade is Grade.BROKEN)
    assert any(each.count for each in cell.findings)
    assert "and requests were mixed up." in explanation(replace(cell, explored=STUCK))
    assert ": mixed, " in progress(replace(cell, explored=STUCK))


def test_its_line_of_progress(kept: CellResult) -> None:
    assert progress(with_proof(kept, STUCK)).endswith(": deadlock\n")
    assert progress(with_proof(kept, BLED)).endswith(": mixed\n")


def test_the_page_the_terminal_and_the_xml(good_run: Run, kept: CellResult) -> None:
    run = replace(good_run, cells=(with_proof(kept, STUCK),))
    file = io.StringIO()
    print_explored(run, Console(file=file, width=200), Path("out/index.html"), witnesses=True)
    for told in (render(run), file.getvalue(), to_junit(run)):
        assert "deadlock in schedule 3 of the exploration" in told
    assert SENTENCE in file.getvalue()
    assert "mixed up" not in to_junit(run)


def test_what_promises_nothing_may_get_stuck_as_well(good_run: Run, kept: CellResult) -> None:
    def said(found: Exploration) -> str:
        return verdict(replace(good_run, cells=(with_proof(kept, found, Grade.UNPROMISED),))).sentence

    assert said(STUCK) == "Nothing is promised in 1 cell; in it requests were mixed up or stuck."
    assert said(BLED) == "Nothing is promised in 1 cell; in it requests were mixed up."


def test_what_cannot_be_explained_is_no_silence(kept: CellResult) -> None:
    assert saw(with_proof(kept, replace(BLED, explanation=None))) == "mix-up in schedule 3 of the exploration"
