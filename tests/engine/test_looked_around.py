"""A cell in which nothing is found is searched with a look into the framework as well, at one preemption."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import entries
from harness.controlled.threads import CONTROLLED
from harness.core.control import ControlledHost
from harness.core.exploration import Exploration
from harness.core.feasibility import Feasibility
from harness.core.record import Cell, Place
from harness.core.verdict import Outcome
from harness.engine import explored
from harness.engine.explored import exploration, framework, looked_around
from harness.engine.job import Explore, Job, Options
from harness.explorer.replaying import replay
from harness.explorer.token import decode
from harness.replayable import program_of
from tests.engine import crooked_framework

ASKED = Explore(bound=1, seconds=30.0, level=Feasibility.GIL_SWITCH)


@pytest.fixture
def crooked(monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(Path(crooked_framework.__file__))
    monkeypatch.setattr(explored, "framework", lambda: (file,))


def searched(scenario: str, asked: Explore = ASKED, *, host: str = "threads") -> Exploration:
    cell = Cell(
        "localimpl.contextvar:SUBJECT",
        Place.HOST,
        f"harness.hosts.{host}:HOST",
        scenario,
        "harness.targets.mini:TARGET",
        "harness.gates.once:GATE",
    )
    checkers = tuple(entry.path for entry in entries("checker"))
    controlled = f"harness.controlled.{host}:CONTROLLED"
    return exploration(
        cell, Job((cell,), Options(explore=asked), checkers, False, controlled=controlled), asked
    )


@pytest.mark.usefixtures("crooked")
def test_what_a_framework_mixes_up_between_two_calls_is_found_and_replays() -> None:
    found = searched("tests.engine.crooked_framework:CROOKED")
    assert found.outcome is Outcome.MIXED
    assert found.explanation is not None
    assert found.explanation.feasibility is Feasibility.GIL_SWITCH
    assert found.explanation.preemptions == 1
    assert "With the framework looked into as well: mixed up in schedule" in found.sentence
    assert found.found_at > sum(phase.schedules for phase in found.phases if not phase.around)
    token = decode(found.explanation.token)
    host: ControlledHost = CONTROLLED
    for _ in range(10):
        again = replay(program_of(token), host, token)
        assert again.mixup is not None


@pytest.mark.usefixtures("crooked")
def test_a_sound_one_is_exhausted_and_the_verdict_names_both_bounds() -> None:
    found = searched("tests.engine.crooked_framework:SOUND")
    assert (found.outcome, found.reason) == (Outcome.ISOLATED, "")
    around = [phase for phase in found.phases if phase.around]
    assert {phase.bound for phase in around} >= {0, 1}
    assert all(phase.exhausted for phase in around)
    assert max(phase.switch_points for phase in around) > found.phases[0].switch_points
    assert "With the framework looked into as well: no mix-up in all" in found.sentence
    assert found.around == (crooked_framework.__file__,)
    assert found.around[0] not in found.watch
    assert sum(phase.schedules for phase in found.phases) == found.schedules


@pytest.mark.usefixtures("crooked")
@pytest.mark.parametrize(
    ("asked", "host"),
    [
        (replace(ASKED, level=Feasibility.JITTER), "threads"),
        (replace(ASKED, strategy="harness.schedulers.pct:STRATEGY", schedules=50), "threads"),
        (ASKED, "tasks"),
    ],
    ids=["at pauses alone", "a sample", "tasks"],
)
def test_it_is_not_looked_into_where_nobody_looks_inside(asked: Explore, host: str) -> None:
    found = searched("tests.engine.crooked_framework:CROOKED", asked, host=host)
    assert found.outcome is Outcome.ISOLATED
    assert not found.around
    assert "framework" not in found.sentence


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"reason": "it is not deterministic"}, "as well: it is not deterministic."),
        ({"reason": "it was interrupted", "interrupted": True}, "as well: no schedule was searched."),
    ],
)
def test_why_it_could_not_be_looked_into_is_said(told: dict[str, Any], said: str) -> None:
    asked = replace(ASKED, level=Feasibility.JITTER)
    found = searched("tests.engine.crooked_framework:SOUND", asked)
    wider = replace(found, outcome=Outcome.INCONCLUSIVE, phases=(), **told)
    together = looked_around(found, wider, ("app.py",))
    assert together.outcome is Outcome.ISOLATED
    assert together.sentence == f"{found.sentence} With the framework looked into {said}"
    assert together.interrupted is told.get("interrupted", False)


def test_the_framework_is_all_of_ours() -> None:
    names = {Path(file).name for file in framework()}
    assert {"app.py", "contexts.py", "lifecycle.py", "signals.py"} <= names
