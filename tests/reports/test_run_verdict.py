"""The verdict sentence says the worst first, in words, and is good exactly where the exit code is 0."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.core.record import CellResult, Ending, Run
from harness.core.verdict import Grade, Outcome
from reports.verdict import verdict

Pick = Callable[[CellResult], bool]


def only(run: Run, *grades: Grade) -> Run:
    return replace(run, cells=tuple(result for result in run.cells if result.grade in grades))


def test_all_as_promised(good_run: Run) -> None:
    said = verdict(good_run)
    assert said.good
    assert said.sentence == "Every promise was kept in 348 cells and every known mix-up was caught in 156."
    assert len(said.beside) == 1
    assert said.beside[0].startswith("Nothing is promised in 336 more cells; in ")


def test_the_worst_comes_first_and_nothing_is_called_every(bad_run: Run) -> None:
    said = verdict(bad_run)
    assert not said.good
    assert said.sentence == "contextvar broke its promise on tasks in 3 cells."
    assert said.beside[:3] == (
        "broken_pop was not caught on threads in 1 cell.",
        "Of 840 cells, 1 crashed and 1 hung.",
        "In 1 cell the promise is unproven: too few chances, or requests that failed.",
    )
    assert said.beside[3].startswith(
        "Elsewhere promises were kept in 342 cells and known mix-ups were caught in "
    )
    assert not any("very promise" in sentence for sentence in said.beside)


def test_several_locals_are_named_and_of_many_the_rest_is_counted(good_run: Run) -> None:
    broken = tuple(
        replace(result, grade=Grade.BROKEN, outcome=Outcome.MIXED)
        for result in only(good_run, Grade.KEPT).cells
        if result.cell.scenario.endswith("read_back:SCENARIO") and "threads:" in result.cell.where
    )
    assert verdict(replace(good_run, cells=broken[:2])).sentence == (
        "2 rows broke their promises: thread_ident on threads in 1 cell; greenlet_ident on threads in 1 cell."
    )
    assert verdict(replace(good_run, cells=broken)).sentence.startswith("7 rows broke their promises: ")
    assert verdict(replace(good_run, cells=broken)).sentence.endswith("; and 3 more.")


def test_only_kept_only_caught_only_unpromised(good_run: Run) -> None:
    assert verdict(only(good_run, Grade.KEPT)).sentence == "Every promise was kept in 348 cells."
    assert verdict(only(good_run, Grade.CAUGHT)).sentence == "Every known mix-up was caught in 156 cells."
    assert verdict(only(good_run, Grade.UNPROMISED)).sentence.startswith(
        "Nothing is promised in 336 cells; in "
    )


@pytest.mark.parametrize(
    ("outcome", "which"), [(Outcome.MIXED, "all of them"), (Outcome.ISOLATED, "none of them")]
)
def test_what_is_unpromised_is_counted_in_words_at_the_ends(
    good_run: Run, outcome: Outcome, which: str
) -> None:
    cells = tuple(replace(result, outcome=outcome) for result in only(good_run, Grade.UNPROMISED).cells)
    assert verdict(replace(good_run, cells=cells)).sentence.endswith(f"in {which} requests were mixed up.")


def test_nothing_run_and_interrupted(good_run: Run) -> None:
    empty = replace(good_run, cells=())
    assert verdict(empty).sentence == "No cell was run, so nothing is known."
    assert not verdict(empty).good
    cut = verdict(replace(good_run, interrupted=True))
    assert cut.sentence == "The run was interrupted; this is what was known by then."
    assert cut.beside[0].startswith("Every promise was kept in 348 cells")
    assert not cut.good


def test_a_cell_that_did_not_run_is_said(good_run: Run) -> None:
    lost = replace(
        good_run.cells[0], ending=Ending.NOT_RUN, grade=Grade.UNPROVEN, outcome=Outcome.INCONCLUSIVE
    )
    said = verdict(replace(good_run, cells=(lost, *good_run.cells[1:])))
    assert said.sentence == "Of 840 cells, 1 did not run."
    assert not said.good


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([Outcome.MIXED], "1 cell; in it requests were mixed up."),
        ([Outcome.ISOLATED], "1 cell; in it no requests were mixed up."),
        ([Outcome.MIXED] * 2, "2 cells; in all of them requests were mixed up."),
        ([Outcome.MIXED, Outcome.ISOLATED], "2 cells; in 1 of them requests were mixed up."),
        ([Outcome.ISOLATED] * 2, "2 cells; in none of them requests were mixed up."),
    ],
)
def test_what_is_not_promised_is_told_of_one_cell_and_of_many(
    good_run: Run, outcomes: list[Outcome], said: str
) -> None:
    free = only(good_run, Grade.UNPROMISED).cells
    cells = tuple(replace(cell, outcome=outcome) for cell, outcome in zip(free, outcomes, strict=False))
    assert verdict(replace(good_run, cells=cells)).sentence == f"Nothing is promised in {said}"
