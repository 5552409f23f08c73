"""A run is stored as JSON and read back the same; its grades give the exit code; foreign files are refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import UserError
from harness.core.record import (
    SCHEMA,
    Cell,
    CellResult,
    Ending,
    Finding,
    Part,
    Place,
    Run,
    Sample,
    State,
    Trouble,
    build,
    from_json,
    read_run,
    short,
    to_json,
)
from harness.core.verdict import Anomaly, Evidence, Grade, Need, Outcome, Witness
from localimpl import Unit

CELL = Cell(
    "localimpl.contextvar:SUBJECT",
    Place.HOST,
    "harness.hosts.threads:HOST",
    "scenarios.read_back:SCENARIO",
    "harness.targets.mini:TARGET",
    "harness.gates.jitter:GATE",
)
WITNESS = Witness(Anomaly.BLEED, "r1", "r2", "user", (3, 5), "r1 read r2's value.")
RESULT = CellResult(
    cell=CELL,
    unit=Unit.THREAD,
    ending=Ending.JUDGED,
    outcome=Outcome.ISOLATED,
    grade=Grade.KEPT,
    sent=200,
    evidence=Evidence(entered=200, ends=200, overlap=190, reuse=192, replies=199),
    findings=(
        Finding(Anomaly.BLEED, Need.OVERLAP, 190, 0, Outcome.ISOLATED, 0.0156, True),
        Finding(Anomaly.LOST_UPDATE, Need.UPDATES, 0, 0, Outcome.INCONCLUSIVE, None, False),
    ),
    states=(State("user", "its own value", 200, True),),
    samples=(
        Sample(WITNESS, ("r2", "r1"), ((3, "wrote", "r2", "t2", "user", "b.1"),)),
        Sample(None, ("r1",), ((5, "read", "r1", "t1", "user+tenant", ("b.1", "a.2")),)),
    ),
    troubles=(Trouble("ValueError: what is wrong", 3),),
    hung_at=("r1 on thread-0",),
    log="the last words – with a dash",
    seconds=0.25,
    repeat="ctxstress run --local contextvar",
)
RUN = Run(
    schema=SCHEMA,
    version="0.1.0",
    command="ctxstress run",
    seed=7,
    options={"requests": 200, "gate": "jitter", "switch_interval": 1e-06},
    environment={"python": "CPython 3.13.1"},
    started="2026-11-21T08:30:00+00:00",
    seconds=12.5,
    interrupted=False,
    subjects=(
        Part(
            CELL.subject,
            "contextvar",
            "One ContextVar for each name.",
            isolates=("greenlet", "task", "thread"),
            refuted_on=(("task", "read_back"),),
            control=True,
            source="a bug",
        ),
    ),
    places=(Part(CELL.where, "threads", "A pool.", unit="thread", offers=("ends", "overlap")),),
    scenarios=(Part(CELL.scenario, "read_back", "A claim."),),
    cells=(RESULT,),
    notes=("nothing to say",),
)


def run_of(*grades: Grade, ending: Ending = Ending.JUDGED, interrupted: bool = False) -> Run:
    cells = tuple(replace(RESULT, grade=grade, ending=ending) for grade in grades)
    return replace(RUN, cells=cells, interrupted=interrupted)


def test_a_run_is_read_back_the_same() -> None:
    assert from_json(to_json(RUN), "run.json") == RUN


def test_a_result_is_read_back_with_its_own_types() -> None:
    (again,) = from_json(to_json(RUN), "run.json").cells
    assert isinstance(again.evidence, Evidence)
    assert again.samples[0].witness == WITNESS
    assert type(again.grade) is Grade
    assert type(again.unit) is Unit


def test_a_whole_number_of_seconds_is_read_as_float() -> None:
    data: Any = json.loads(to_json(RUN))
    data["seconds"] = 12
    assert type(build(Run, data).seconds) is float


def test_fields_that_an_older_record_has_not_take_their_defaults() -> None:
    data: Any = json.loads(to_json(RUN))
    del data["notes"]
    del data["cells"][0]["log"]
    again = build(Run, data)
    assert (again.notes, again.cells[0].log) == ((), "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("<html>", "is not JSON"),
        ("[]", "is no run of ctxstress: an object expected, 'list' found"),
        ("{}", "schema 'ctxstress-run/1' expected, None found"),
        ('{"schema": "other/2"}', "schema 'ctxstress-run/1' expected, 'other/2' found"),
        (f'{{"schema": "{SCHEMA}"}}', "is a damaged run record"),
    ],
)
def test_a_foreign_text_is_refused(text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        from_json(text, "some.json")
    assert said in str(caught.value)
    assert str(caught.value).startswith("some.json")


def damaged(change: dict[str, Any]) -> str:
    data: Any = json.loads(to_json(RUN))
    data["cells"][0] |= change
    return json.dumps(data)


@pytest.mark.parametrize(
    "change",
    [
        {"grade": "splendid"},
        {"evidence": 3},
        {"cell": {"subject": "x"}},
        {"samples": [{}]},
        {"seconds": "long"},
    ],
)
def test_a_damaged_record_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="damaged run record"):
        from_json(damaged(change), "some.json")


def test_a_run_is_read_from_its_file_or_directory(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(to_json(RUN), encoding="utf-8")
    assert read_run(tmp_path) == read_run(tmp_path / "run.json") == RUN


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `ctxstress run` first"):
        read_run(tmp_path)


def test_a_file_that_is_no_text_is_explained(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(UserError, match="cannot read"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (run_of(Grade.KEPT, Grade.CAUGHT, Grade.UNPROMISED), 0),
        (run_of(Grade.KEPT, Grade.BROKEN), 1),
        (run_of(Grade.KEPT, Grade.MISSED), 2),
        (run_of(Grade.KEPT, Grade.UNPROVEN), 2),
        (run_of(Grade.BROKEN, Grade.MISSED), 1),
        (run_of(Grade.UNPROMISED, ending=Ending.HUNG), 2),
        (run_of(Grade.UNPROMISED, ending=Ending.CRASHED), 2),
        (run_of(), 2),
        (run_of(Grade.BROKEN, interrupted=True), 130),
    ],
    ids=[
        "as promised",
        "a promise broken",
        "a control missed",
        "unproven",
        "broken and missed",
        "hung",
        "crashed",
        "nothing run",
        "interrupted",
    ],
)
def test_the_exit_code_follows_from_the_grades(run: Run, code: int) -> None:
    assert run.exit_code() == code


def test_cells_are_counted_by_grade() -> None:
    grades = run_of(Grade.KEPT, Grade.KEPT, Grade.CAUGHT).grades()
    assert grades == dict.fromkeys(Grade, 0) | {Grade.KEPT: 2, Grade.CAUGHT: 1}


def test_a_cell_has_a_short_name() -> None:
    assert CELL.id == "contextvar-threads-read_back"
    assert (
        replace(CELL, subject="their.module:TheirLocal[thread]").id == "TheirLocal[thread]-threads-read_back"
    )


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("localimpl.contextvar:SUBJECT", "contextvar"),
        ("their.module:TheirLocal", "TheirLocal"),
        ("their.module:TheirLocal[thread,task]", "TheirLocal[thread,task]"),
        ("module:SUBJECT", "module"),
        ("module:FIRST_OF_TWO", "FIRST_OF_TWO"),
    ],
)
def test_a_part_is_called_by_its_file_or_its_own_name(path: str, name: str) -> None:
    assert short(path) == name
