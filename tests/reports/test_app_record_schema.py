"""The schema of app.json describes what is written, refuses what is damaged, and says the same as the dataclasses."""

import json
import os
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import localimpl
from harness.core import app_record, exploration, feasibility, record, verdict
from harness.core.app_record import AppRun, app_from_json, read_record
from harness.core.errors import UserError
from harness.core.record import Run, to_json
from tests.reports.app_runs import FOREIGN, MIXED, RUNS, spoilt

SCHEMA: dict[str, Any] = json.loads(
    Path(app_record.__file__).with_name("app_record.schema.json").read_text("utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)


def faults(data: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("run", [*RUNS.values(), spoilt(MIXED)], ids=[*RUNS, "spoilt"])
def test_runs_are_valid_and_survive_the_round_trip(run: AppRun) -> None:
    text = to_json(run)
    assert app_from_json(text, "app.json") == run
    if run.rounds and set(run.rounds[-1].signs) <= set(app_record.Sign):
        assert faults(json.loads(text)) == []


DAMAGES: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("a field too many", lambda run: run.update(extra=1)),
    ("a field too few", lambda run: run.pop("stamped")),
    ("the other schema", lambda run: run.update(schema=record.SCHEMA)),
    ("an unknown sign", lambda run: run["sightings"][0].update(sign="odd")),
    ("an unknown sign in a round", lambda run: run["rounds"][0]["signs"].update(odd=1)),
    ("a count as text", lambda run: run["endpoints"][0]["statuses"].update({"200": "many"})),
    ("a count below zero", lambda run: run["rounds"][0].update(overlap=-1)),
    ("a victim without a label", lambda run: run["sightings"][0]["victim"].pop("user")),
    ("no victim", lambda run: run["sightings"][0].update(victim=None)),
    ("a rate above one", lambda run: run.update(bound=1.5)),
    ("no client", lambda run: run.update(smallest=0)),
]


@pytest.mark.parametrize("damage", [damage for _, damage in DAMAGES], ids=[name for name, _ in DAMAGES])
def test_a_damaged_run_is_refused(damage: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(to_json(MIXED))
    assert faults(data) == []
    damage(data)
    assert faults(data) != []


@pytest.mark.parametrize("name", SCHEMA["$defs"])
def test_schema_and_classes_say_the_same(name: str) -> None:
    definition = SCHEMA["$defs"][name]
    kind = next(
        getattr(module, name)
        for module in (app_record, record, verdict, exploration, feasibility, localimpl)
        if hasattr(module, name)
    )
    if issubclass(kind, Enum):
        assert definition["enum"] == [member.value for member in kind]
    else:
        assert is_dataclass(kind)
        assert list(definition["properties"]) == [each.name for each in fields(kind)]
        assert definition["required"] == [each.name for each in fields(kind)]
        assert definition["additionalProperties"] is False


def test_a_count_that_is_text_is_no_traceback() -> None:
    data = json.loads(to_json(MIXED))
    data["rounds"][0]["signs"] = {"another's value": "<b>"}
    with pytest.raises(UserError, match=r"app\.json is a damaged run record: .*int expected"):
        app_from_json(json.dumps(data), "app.json")


def test_what_has_no_utf8_is_kept_by_an_escape() -> None:
    odd = replace(MIXED, sightings=(replace(FOREIGN, shown="\udc80"),))
    text = to_json(odd)
    assert app_from_json(text.encode().decode(), "app.json").sightings[0].shown == "\udc80"


def test_the_schema_tells_a_record_of_an_app_from_one_of_the_matrix(bad_run: Run, tmp_path: Path) -> None:
    small = replace(bad_run, cells=bad_run.cells[:2])
    (tmp_path / "one.json").write_text(to_json(MIXED), "utf-8")
    (tmp_path / "other.json").write_text(to_json(small), "utf-8")
    assert read_record(tmp_path / "one.json") == MIXED
    assert to_json(read_record(tmp_path / "other.json")) == to_json(small)


def test_of_two_records_in_a_folder_the_newer_is_read(bad_run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text(to_json(MIXED), "utf-8")
    (tmp_path / "run.json").write_text(to_json(replace(bad_run, cells=bad_run.cells[:2])), "utf-8")
    os.utime(tmp_path / "run.json", (1, 1))
    assert isinstance(read_record(tmp_path), AppRun)
    os.utime(tmp_path / "app.json", (0, 0))
    assert isinstance(read_record(tmp_path), Run)


def test_no_record_at_all_is_an_error_that_teaches(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*run\.json.*ctxstress run"):
        read_record(tmp_path)
    (tmp_path / "app.json").write_text("[]")
    with pytest.raises(UserError, match="is no run of ctxstress"):
        read_record(tmp_path)
