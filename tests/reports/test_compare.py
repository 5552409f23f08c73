"""Two runs compared: what got worse is told first and decides, rates are told only when they moved."""

from dataclasses import replace

from harness.core.record import CellResult, Ending, Run
from harness.core.verdict import Grade, Outcome
from reports.compare import compare
from reports.words import Standing


def put(run: Run, **changes: object) -> Run:
    """The run with its first cell changed."""
    return replace(run, cells=(replace(run.cells[0], **changes), *run.cells[1:]))  # type: ignore[arg-type]


def test_a_run_is_as_itself(bad_run: Run) -> None:
    found = compare(bad_run, bad_run)
    assert not found.worse
    assert found.changes == ()
    assert found.shifts == ()
    assert found.text() == "840 cells as before, 0 changed, none for the worse."


def test_new_faults_are_worse_and_told_first(good_run: Run, bad_run: Run) -> None:
    found = compare(good_run, bad_run)
    assert found.worse
    assert len(found.changes) == 7
    lines = found.text().splitlines()
    assert all(line.startswith("worse: ") for line in lines[:7])
    assert "worse: contextvar-tasks-read_back: kept (no mix-up, " in found.text()
    assert ") → broken (bleed " in found.text()
    assert lines[-1] == "833 cells as before, 7 changed, 7 for the worse."


def test_mended_faults_are_changes_for_the_better(good_run: Run, bad_run: Run) -> None:
    found = compare(bad_run, good_run)
    assert not found.worse
    assert found.text().splitlines()[0].startswith("changed: ")
    assert found.text().endswith("833 cells as before, 7 changed, none for the worse.")


def test_a_worse_fault_is_worse_and_a_lesser_one_is_not(good_run: Run) -> None:
    missed, hung = put(good_run, grade=Grade.MISSED), put(good_run, ending=Ending.HUNG, grade=Grade.UNPROVEN)
    assert compare(hung, missed).worse
    assert not compare(missed, hung).worse


def test_another_outcome_where_nothing_is_promised_is_told_not_judged(good_run: Run) -> None:
    clean = put(good_run, grade=Grade.UNPROMISED, outcome=Outcome.ISOLATED)
    mixed = put(good_run, grade=Grade.UNPROMISED, outcome=Outcome.MIXED)
    found = compare(clean, mixed)
    assert len(found.changes) == 1
    assert not found.worse


def test_cells_that_appear_or_vanish(good_run: Run) -> None:
    fewer = replace(good_run, cells=good_run.cells[1:])
    gone, new = compare(good_run, fewer), compare(fewer, good_run)
    assert not gone.worse
    assert not new.worse
    assert gone.text().startswith("gone: thread_ident-single-read_back: was kept")
    assert new.text().startswith("new: thread_ident-single-read_back: kept")
    assert compare(fewer, put(good_run, grade=Grade.BROKEN)).worse


def rates(cell: CellResult, count: int, chances: int) -> CellResult:
    """The cell with so many of the first anomaly that it looks for."""
    first = replace(cell.findings[0], count=count, chances=chances)
    return replace(cell, findings=(first, *cell.findings[1:]))


def test_a_rate_is_told_when_chance_does_not_explain_it(good_run: Run) -> None:
    cell = good_run.cells[0]

    def one(count: int, chances: int = 1000) -> Run:
        return replace(good_run, cells=(rates(cell, count, chances),))

    (shift,) = compare(one(50), one(700)).shifts
    assert (shift.before, shift.after) == (0.05, 0.7)
    assert "rate: thread_ident-single-read_back: bleed 5 % → 70 %" in compare(one(50), one(700)).text()
    assert len(compare(one(700), one(50)).shifts) == len(compare(one(0), one(60)).shifts) == 1
    assert compare(one(100), one(700)).shifts == ()
    assert compare(one(0), one(0)).shifts == ()
    assert compare(one(1, 20), one(4, 20)).shifts == ()
    assert compare(one(0, 0), one(700)).shifts == ()


def test_a_flood_of_changes_is_cut_and_says_so(good_run: Run) -> None:
    broken = replace(good_run, cells=tuple(replace(cell, grade=Grade.BROKEN) for cell in good_run.cells))
    lines = compare(good_run, broken).text().splitlines()
    assert lines[40] == "… and 800 more changes"
    assert len(lines) == 42
    assert Standing.BROKEN in lines[0]
