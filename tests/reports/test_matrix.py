"""The matrix shows the worst of each square, sorts what must be looked at first, and leaves nothing out."""

from dataclasses import replace

import pytest

from harness.core.record import CellResult, Ending, Run
from harness.core.verdict import Anomaly, Grade, Outcome
from reports.matrix import Matrix, Square, arrange, attention, standing, telling
from reports.words import FAULTS, Standing


def square(matrix: Matrix, subject: str, place: str) -> Square:
    row = next(row for row in matrix.rows if row.subject.name == subject)
    found = row.squares[[part.name for part in matrix.places].index(place)]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("ending", "grade", "stands"),
    [
        (Ending.JUDGED, Grade.KEPT, Standing.KEPT),
        (Ending.JUDGED, Grade.UNPROVEN, Standing.UNPROVEN),
        (Ending.HUNG, Grade.UNPROVEN, Standing.HUNG),
        (Ending.CRASHED, Grade.MISSED, Standing.CRASHED),
        (Ending.CRASHED, Grade.UNPROMISED, Standing.CRASHED),
        (Ending.NOT_RUN, Grade.UNPROVEN, Standing.NOT_RUN),
        (Ending.HUNG, Grade.BROKEN, Standing.BROKEN),
    ],
)
def test_a_bad_ending_explains_more_than_silence_and_less_than_a_mix_up(
    good_run: Run, ending: Ending, grade: Grade, stands: Standing
) -> None:
    assert standing(replace(good_run.cells[0], ending=ending, grade=grade)) is stands


def test_every_cell_is_in_one_square(bad_run: Run) -> None:
    found = [
        result for row in arrange(bad_run).rows for each in row.squares if each for result in each.results
    ]
    assert sorted(result.cell.id for result in found) == sorted(result.cell.id for result in bad_run.cells)


def test_good_locals_stand_before_controls_and_columns_by_unit(good_run: Run) -> None:
    matrix = arrange(replace(good_run, subjects=good_run.subjects[::-1]))
    assert [row.subject.control for row in matrix.rows] == [False] * 7 + [True] * 7
    assert [(group.name, group.size) for group in matrix.units] == [
        ("thread", 6),
        ("greenlet", 2),
        ("task", 2),
    ]
    assert [place.unit for place in matrix.places] == ["thread"] * 6 + ["greenlet"] * 2 + ["task"] * 2


def test_a_square_shows_its_worst_cell(bad_run: Run) -> None:
    matrix = arrange(bad_run)
    assert square(matrix, "contextvar", "tasks").worst is Standing.BROKEN
    assert square(matrix, "contextvar", "tasks").summary() == "3 of 6"
    assert square(matrix, "broken_pop", "threads").worst is Standing.MISSED
    assert square(matrix, "werkzeug_local", "greenlets").worst is Standing.CRASHED
    assert square(matrix, "gevent_local", "gevent_pywsgi").worst is Standing.HUNG
    assert square(matrix, "asgiref_local", "uvicorn_asgi").worst is Standing.UNPROVEN
    assert square(matrix, "contextvar", "threads").worst is Standing.KEPT
    assert square(matrix, "contextvar", "threads").summary() == "6"


def test_a_known_limit_does_not_hide_a_kept_promise_nor_a_kept_promise_a_caught_control(
    good_run: Run,
) -> None:
    subject, place = good_run.subjects[0], good_run.places[1]
    cells = [result for result in good_run.cells if result.cell.subject == subject.path][:2]
    both = (replace(cells[0], grade=Grade.CAUGHT), replace(cells[1], grade=Grade.KEPT))
    assert Square(subject, place, both).worst is Standing.KEPT
    assert Square(replace(subject, control=True), place, both).worst is Standing.CAUGHT
    faulty = (*both, replace(cells[0], grade=Grade.UNPROVEN))
    assert Square(subject, place, faulty).worst is Standing.UNPROVEN


def test_a_square_without_a_promise_says_what_was_seen(good_run: Run) -> None:
    matrix = arrange(good_run)
    assert square(matrix, "threading_local", "tasks").summary() == "6 mixed"
    assert square(matrix, "broken_shared_delete", "single").summary() == "6 clean"


def test_a_square_that_was_not_tried_is_none(good_run: Run) -> None:
    fewer = [result for result in good_run.cells if result.cell.id.split("-")[:2] != ["contextvar", "tasks"]]
    matrix = arrange(replace(good_run, cells=tuple(fewer)))
    row = next(row for row in matrix.rows if row.subject.name == "contextvar")
    assert [place.name for place, each in zip(matrix.places, row.squares, strict=True) if each is None] == [
        "tasks"
    ]


def test_parts_without_a_cell_are_left_out(good_run: Run) -> None:
    matrix = arrange(replace(good_run, cells=good_run.cells[:6]))
    assert [row.subject.name for row in matrix.rows] == ["thread_ident"]
    assert [place.name for place in matrix.places] == ["single"]
    assert arrange(replace(good_run, cells=())).rows == ()


def test_attention_is_the_faults_the_worst_first(bad_run: Run) -> None:
    found = attention(bad_run)
    assert [standing(result) for result in found] == [
        Standing.BROKEN,
        Standing.BROKEN,
        Standing.BROKEN,
        Standing.MISSED,
        Standing.CRASHED,
        Standing.HUNG,
        Standing.UNPROVEN,
    ]
    others = [result for result in bad_run.cells if result not in found]
    assert not any(standing(result) in FAULTS for result in others)


def test_a_run_as_promised_needs_no_attention(good_run: Run) -> None:
    assert attention(good_run) == []


def test_each_anomaly_has_one_plain_proof_from_a_control_where_there_is_one(good_run: Run) -> None:
    controls = {subject.path for subject in good_run.subjects if subject.control}
    found = telling(good_run)
    kinds = [sample.witness.anomaly for _, sample in found if sample.witness]
    assert kinds == [anomaly for anomaly in Anomaly if anomaly in kinds]
    assert {Anomaly.BLEED, Anomaly.LOST, Anomaly.RESIDUE} <= set(kinds)
    by_kind = dict(zip(kinds, found, strict=True))
    assert by_kind[Anomaly.BLEED][0].cell.subject in controls


def test_a_broken_promise_is_no_example(bad_run: Run) -> None:
    assert all(standing(result) not in FAULTS for result, _ in telling(bad_run))


def mixed(result: CellResult) -> bool:
    return result.outcome is Outcome.MIXED


def test_where_nothing_is_promised_a_mix_up_comes_before_silence(good_run: Run) -> None:
    for row in arrange(good_run).rows:
        for each in filter(None, row.squares):
            free = [mixed(result) for result in each.results if standing(result) is Standing.UNPROMISED]
            assert free == sorted(free, reverse=True)
