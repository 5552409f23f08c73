"""Every Local under the explorer: those that keep their promise are exhausted clean, the controls are found."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import controlled_for, entries
from harness.controlled.threads import CONTROLLED as THREADS
from harness.core.control import ControlledHost
from harness.core.exploration import Exploration
from harness.core.feasibility import Feasibility
from harness.core.record import Cell, Place
from harness.core.verdict import Outcome
from harness.engine.cell_program import CellProgram
from harness.engine.explored import source_of
from harness.engine.subjects import find_subject
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from localimpl import Local, Subject, Unit

CHECKERS = [entry.part for entry in entries("checker")]
SUBJECTS: dict[str, Subject] = {entry.name: entry.part for entry in entries("local") if not entry.missing}
GOOD = [name for name, subject in SUBJECTS.items() if not subject.control]


def searched(name: str, unit: Unit, scenario: str = "read_back", **limits: Any) -> Exploration:
    controlled: ControlledHost = controlled_for(unit).part
    cell = Cell(
        f"localimpl.{name}:SUBJECT",
        Place.HOST,
        f"harness.hosts.{controlled.stands_for[0]}:HOST",
        f"scenarios.{scenario}:SCENARIO",
        "harness.targets.mini:TARGET",
        "harness.gates.once:GATE",
    )
    program = CellProgram(cell, CHECKERS, seed=1)
    return explore(program, controlled, Limits(seconds=120, **limits))


@pytest.mark.parametrize(
    ("name", "unit"),
    [(name, unit) for name in GOOD for unit in Unit if unit in SUBJECTS[name].promise.isolates],
)
def test_a_promise_is_exhausted_clean_at_bound_two(name: str, unit: Unit) -> None:
    found = searched(name, unit, level=Feasibility.JITTER)
    assert (found.outcome, found.reason) == (Outcome.ISOLATED, "")
    assert {phase.bound for phase in found.phases} >= {0, 1, 2}
    assert all(phase.exhausted for phase in found.phases)


class Values:
    """The least that can be tested, with storage of its own."""

    def get(self, name: str) -> Any:
        raise LookupError(name)

    def set(self, name: str, value: Any) -> None: ...

    def delete(self, name: str) -> None: ...

    def release(self) -> None: ...


class Attributes(threading.local):
    """A namespace whose attributes are each thread's own."""


def own(name: str) -> Callable[[Local], Any]:
    def unit(local: Local) -> Any:
        local.set("user", name)
        found = local.get("user")
        local.release()
        return found

    return unit


def on_threads(name: str) -> Exploration:
    """Explore two threads that set, get and release, with every instruction of the Local's own file watched."""
    subject = SUBJECTS[name]
    program = Calls([own("alice"), own("bob")], unit=Unit.THREAD, begin=subject.make, expect=["alice", "bob"])
    return explore(program, THREADS, Limits(seconds=120, files=(*source_of(subject), str(Path(__file__)))))


@pytest.mark.parametrize("name", [name for name in GOOD if Unit.THREAD in SUBJECTS[name].promise.isolates])
def test_a_local_is_exhausted_clean_by_every_instruction_of_its_own(name: str) -> None:
    found = on_threads(name)
    assert (found.outcome, found.interesting, found.reason) == (Outcome.ISOLATED, False, "")
    assert all(phase.exhausted for phase in found.phases)
    assert {(phase.feasibility, phase.bound) for phase in found.phases} >= {
        (Feasibility.GIL_SWITCH, 2),
        (Feasibility.FREE_THREADED, 2),
    }


@pytest.mark.parametrize("name", ["broken_global", "broken_last_ident_cache", "broken_shared_delete"])
def test_a_control_is_found_between_two_instructions_of_its_own(name: str) -> None:
    found = on_threads(name)
    assert found.outcome is Outcome.MIXED
    assert found.explanation is not None
    assert found.explanation.preemptions == 1
    assert found.explanation.feasibility is Feasibility.GIL_SWITCH


CONTROLS = [
    (name, unit, scenario)
    for name, subject in SUBJECTS.items()
    if subject.control
    for unit, scenario in sorted(subject.promise.refuted_on)
]


@pytest.mark.parametrize(("name", "unit", "scenario"), CONTROLS)
def test_a_control_is_found_where_it_must_be(name: str, unit: Unit, scenario: str) -> None:
    found = searched(name, unit, scenario, files=source_of(SUBJECTS[name]))
    assert (found.outcome, found.reason) == (Outcome.MIXED, "")
    assert found.explanation is not None
    assert found.explanation.preemptions <= 2


@pytest.mark.parametrize("made", [Values, Attributes])
def test_of_a_local_that_is_only_adopted_its_own_source_is_looked_into(made: type[Any]) -> None:
    assert source_of(find_subject(f"{__name__}:{made.__name__}[thread]")) == (__file__,)


def test_what_is_written_in_c_has_no_source() -> None:
    assert source_of(find_subject("threading:local[thread]")) == ()
