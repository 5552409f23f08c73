"""What explorations came to, for a terminal: a line for each cell, and the interleavings."""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from harness.core.record import Run
from harness.core.verdict import Outcome
from reports.explored_text import print_explored, print_replayed
from tests.reports.test_explained_text import EXPLANATION
from tests.reports.test_record_schema import EXPLORED


def told(run: Run, *, witnesses: bool = True) -> str:
    file = io.StringIO()
    print_explored(run, Console(file=file, width=100), Path("out/index.html"), witnesses=witnesses)
    return file.getvalue()


def mixed(run: Run) -> Run:
    """One cell of a run, of a Local that is promised in brackets, with a mix-up that an exploration found."""
    cell = next(each for each in run.cells if each.outcome is Outcome.MIXED)
    named = replace(cell.cell, subject="shop:Mine[task,thread]")
    found = replace(EXPLORED, outcome=Outcome.MIXED, sentence="Seen [sic].", explanation=EXPLANATION)
    return replace(run, cells=(replace(cell, cell=named, explored=found, samples=()),))


def test_brackets_are_no_styles(good_run: Run) -> None:
    said = told(mixed(good_run))
    assert said.count("Mine[task,thread]-") >= 2
    assert said.count("Seen [sic].") == 2


def test_quiet_is_the_closing_lines_alone(good_run: Run) -> None:
    run = mixed(good_run)
    assert EXPLANATION.sentence in told(run)
    quiet = told(run, witnesses=False)
    assert EXPLANATION.sentence not in quiet
    assert "page:   out/index.html" in quiet


def test_a_schedule_that_came_to_nothing_is_told_by_whether_it_was_followed() -> None:
    def replayed(missed: int) -> str:
        file = io.StringIO()
        print_replayed(None, missed, Console(file=file, width=200))
        return file.getvalue()

    assert "The mix-up is gone" in replayed(0)
    assert "2 of its switches never came, for the code has changed" in replayed(2)
