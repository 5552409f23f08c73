"""The schema of run.json describes what is written, refuses what is damaged, and says the same as the dataclasses."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import localimpl
from harness.core import exploration, feasibility, history, record, verdict
from harness.core.exploration import Explanation, Exploration, Line, Phase, Switch
from harness.core.feasibility import Feasibility
from harness.core.record import Ending, Run, from_json, to_json

SCHEMA: dict[str, Any] = json.loads(Path(record.__file__).with_name("record.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
MODULES: list[ModuleType] = [record, verdict, history, exploration, feasibility, localimpl]


@cache
def described(name: str) -> type:
    """The class that a definition of the schema speaks of."""
    found: type = next(getattr(module, name) for module in MODULES if hasattr(module, name))
    return found


def faults(data: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_runs_are_valid_and_survive_the_round_trip(bad_run: Run) -> None:
    faulty = [result for result in bad_run.cells if result.ending is not Ending.JUDGED]
    for run in (replace(bad_run, cells=bad_run.cells[::30]), replace(bad_run, cells=tuple(faulty))):
        text = to_json(run)
        assert len(run.cells) > 1
        assert faults(json.loads(text)) == []
        assert to_json(from_json(text, "run.json")) == text


EXPLORED = Exploration(
    "a program",
    "tasks",
    localimpl.Unit.TASK,
    "preemption_bounded",
    verdict.Outcome.MIXED,
    "Mixed up in schedule 3.",
    schedules=3,
    found_at=3,
    switch_points=4,
    contested=2,
    reduced=True,
    watch=("shop.py",),
    phases=(
        Phase(Feasibility.JITTER, 0, 2, exhausted=True),
        Phase(Feasibility.FIFO, None, 1, exhausted=False),
    ),
    explanation=Explanation(
        "r1 was overtaken.",
        "bleed",
        Feasibility.FIFO,
        1,
        ("r1", "r2"),
        (Switch("r1", "pause", "shop.py", 4, 1, "r2"),),
        (Line("r1", "shop.py", 4, "yield PAUSE", "switch", mark="switch"),),
        "x1.abc",
    ),
    states=(("[1, 2]", 3),),
)


def test_an_exploration_is_valid_and_survives_the_round_trip(good_run: Run) -> None:
    cells = (replace(good_run.cells[0], explored=EXPLORED), *good_run.cells[1:2])
    text = to_json(replace(good_run, cells=cells))
    assert faults(json.loads(text)) == []
    assert from_json(text, "run.json").cells[0].explored == EXPLORED
    damaged = json.loads(text)
    damaged["cells"][0]["explored"]["explanation"]["feasibility"] = "luck"
    assert faults(damaged) != []


DAMAGES: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("a field too many", lambda run: run.update(extra=1)),
    ("a field too few", lambda run: run.pop("seed")),
    ("another schema", lambda run: run.update(schema="ctxstress-run/0")),
    ("a date that is none", lambda run: run.update(started="yesterday")),
    ("an unknown grade", lambda run: run["cells"][0].update(grade="fine")),
    ("a count below zero", lambda run: run["cells"][0]["evidence"].update(overlap=-1)),
    ("a count as text", lambda run: run["cells"][0].update(sent="12")),
    ("a rate above one", lambda run: run["cells"][0]["findings"][0].update(bound=1.5)),
    ("an event too short", lambda run: run["cells"][0]["samples"][0]["events"][0].pop()),
    (
        "an event of an unknown kind",
        lambda run: run["cells"][0]["samples"][0]["events"][0].__setitem__(1, "guessed"),
    ),
    ("a cell without a place", lambda run: run["cells"][0]["cell"].pop("place")),
    ("a refutation of no scenario", lambda run: run["subjects"][0].update(refuted_on=[["task"]])),
]


@pytest.mark.parametrize("damage", [damage for _, damage in DAMAGES], ids=[name for name, _ in DAMAGES])
def test_a_damaged_run_is_refused(good_run: Run, damage: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(to_json(replace(good_run, cells=good_run.cells[:1])))
    assert faults(data) == []
    damage(data)
    assert faults(data) != []


@pytest.mark.parametrize("name", SCHEMA["$defs"])
def test_schema_and_classes_say_the_same(name: str) -> None:
    definition, kind = SCHEMA["$defs"][name], described(name)
    if issubclass(kind, Enum):
        assert definition["enum"] == [member.value for member in kind]
    else:
        assert is_dataclass(kind)
        names = [each.name for each in fields(kind)]
        assert list(definition["properties"]) == names
        assert definition["required"] == names
        assert definition["additionalProperties"] is False


def test_each_class_of_the_record_is_described() -> None:
    classes = {
        each.__name__
        for each in vars(record).values()
        if isinstance(each, type) and is_dataclass(each) and each.__module__ == record.__name__
    }
    assert classes <= set(SCHEMA["$defs"])
    assert "CellResult" in classes
