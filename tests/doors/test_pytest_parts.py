"""Parts of the pytest door by themselves: what a failure says, and the order of cells that came in any order."""

from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.record import Cell, CellResult, Ending, Place, Trouble
from harness.core.verdict import Evidence, Grade, Outcome
from harness.pytest_plugin.cells import describe
from harness.pytest_plugin.exploring import Explore
from harness.selection import Asked, select, selection_of
from localimpl import Unit
from tests.reports.test_explained_text import EXPLANATION
from tests.reports.test_record_schema import EXPLORED

RESULT = CellResult(
    cell=Cell(
        "localimpl.contextvar:SUBJECT",
        Place.HOST,
        "harness.hosts.threads:HOST",
        "scenarios.read_back:SCENARIO",
        "harness.targets.mini:TARGET",
        "harness.gates.jitter:GATE",
    ),
    unit=Unit.THREAD,
    ending=Ending.JUDGED,
    outcome=Outcome.INCONCLUSIVE,
    grade=Grade.UNPROVEN,
    sent=200,
    evidence=Evidence(entered=200, ends=200, failed=3, overlap=190),
    repeat="ctxstress run --local contextvar",
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"troubles": (Trouble("ValueError: what is wrong", 3),)}, "3 × ValueError: what is wrong"),
        ({"ending": Ending.CRASHED, "log": "the last words"}, "is crashed"),
        ({"ending": Ending.CRASHED, "log": "the last words"}, "its log ends with:\nthe last words"),
        ({"ending": Ending.HUNG, "hung_at": ("r1 on thread-0", "at line 7")}, "is hung"),
        ({"ending": Ending.HUNG, "hung_at": ("r1 on thread-0", "at line 7")}, "r1 on thread-0\nat line 7"),
        ({"grade": Grade.MISSED, "outcome": Outcome.ISOLATED}, "is missed"),
        ({}, "3 of 200 requests failed"),
    ],
)
def test_a_failure_says_what_is_known(change: dict[str, object], said: str) -> None:
    text = describe(replace(RESULT, **change))  # type: ignore[arg-type]
    assert said in text
    assert text.startswith("contextvar-threads-read_back is ")
    assert text.endswith("\nrepeat: ctxstress run --local contextvar")


def test_cells_are_put_in_the_order_of_the_matrix() -> None:
    chosen = select(Asked(scenarios=("child_*", "read_back", "starts_empty")))
    shuffled = list(chosen.cells)
    Random(1).shuffle(shuffled)
    assert shuffled != list(chosen.cells)
    again = selection_of(shuffled, chosen.notes)
    assert again.cells == chosen.cells
    tried = {cell.subject for cell in chosen.cells}
    assert [entry.path for entry in again.subjects] == [
        entry.path for entry in chosen.subjects if entry.path in tried
    ]
    assert again.parts()[1:] == chosen.parts()[1:]
    assert again.notes == chosen.notes


def test_parts_without_a_cell_are_left_out() -> None:
    chosen = select(
        Asked(locals=("contextvar", "thread_ident"), hosts=("tasks", "threads"), scenarios=("read_back",))
    )
    (cell,) = [cell for cell in chosen.cells if cell.id == "contextvar-tasks-read_back"]
    found = selection_of([cell])
    assert [entry.name for entry in found.subjects] == ["contextvar"]
    assert [entry.name for _, entry in found.places] == ["tasks"]
    assert found.cells == (cell,)


def sound() -> str:
    return "sound"


@pytest.mark.parametrize(
    ("outcome", "raised"), [(Outcome.MIXED, pytest.fail.Exception), (Outcome.ISOLATED, KeyboardInterrupt)]
)
def test_what_was_found_before_ctrl_c_is_told_and_no_further_test_is_run(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, raised: type[BaseException]
) -> None:
    found = replace(EXPLORED, outcome=outcome, interrupted=True, explanation=EXPLANATION)
    monkeypatch.setattr("harness.explorer.exploring.explore", lambda program, host, limits: found)
    item: Any = SimpleNamespace(
        name="test_it",
        nodeid="test_it.py::test_it",
        session=SimpleNamespace(shouldstop=""),
        stash=pytest.Stash(),
        config=SimpleNamespace(rootpath=Path(), invocation_params=SimpleNamespace(dir=Path())),
    )
    with pytest.raises(raised) as told:
        Explore(item, {}, "")(sound, sound)
    assert item.session.shouldstop == ("interrupted" if outcome is Outcome.MIXED else "")
    assert (EXPLANATION.sentence in str(told.value)) == (outcome is Outcome.MIXED)
