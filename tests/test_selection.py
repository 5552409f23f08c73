"""Which cells a run has: all that apply, controls where they are demanded, and a note for what is left out."""

from dataclasses import replace

import pytest

from harness.catalog import choose, entries
from harness.core.errors import UserError
from harness.core.record import Ending, Place
from harness.core.scenario import Means
from harness.core.verdict import demands
from harness.engine.job import Options, repeat_command
from harness.runs import Recorder
from harness.selection import Asked, select, selection_of

FRAMEWORK = "harness.targets.flask_app"

PLACES = [(Place.HOST, entry) for entry in entries("host")] + [
    (Place.SERVER, entry) for entry in entries("server") if entry.part.basic
]
"""Where the default matrix runs."""
MINI = choose("target", ["mini"])[0].part


def test_a_good_local_has_a_cell_wherever_a_scenario_can_run() -> None:
    chosen = select(Asked())
    found = {
        (cell.where, cell.scenario) for cell in chosen.cells if cell.subject == "localimpl.contextvar:SUBJECT"
    }
    assert found == {
        (where.path, scenario.path)
        for place, where in PLACES
        for scenario in entries("scenario")
        if where.part.unit in scenario.part.units
        and scenario.part.uses <= MINI.means
        and not (scenario.part.in_process and place is Place.SERVER)
    }
    assert len(chosen.cells) == len(set(chosen.cells))


def test_a_control_has_cells_just_where_it_must_be_caught() -> None:
    cells = select(Asked()).cells
    for subject in entries("local"):
        if not subject.part.control:
            continue
        expected = {
            (where.path, scenario.path)
            for place, where in PLACES
            for scenario in entries("scenario")
            if (where.part.unit, scenario.name) in subject.part.promise.refuted_on
            and where.part.unit in scenario.part.units
            and not (scenario.part.in_process and place is Place.SERVER)
            and demands(where.part.unit, where.part.offers)
        }
        assert expected, subject.name
        assert {(cell.where, cell.scenario) for cell in cells if cell.subject == subject.path} == expected


def test_a_control_asked_for_runs_everywhere() -> None:
    good, control = (
        [(cell.where, cell.scenario) for cell in select(Asked(locals=(name,))).cells]
        for name in ("contextvar", "broken_pop")
    )
    assert control == good


def test_what_a_library_does_not_serve_is_left_out_with_a_note_unless_asked_for() -> None:
    exempt = [
        (entry, unit, name, reason)
        for entry in entries("local")
        for (unit, name), reason in entry.part.promise.exempt.items()
    ]
    assert exempt
    by_default = select(Asked())
    for subject, unit, name, reason in exempt:
        [note] = [each for each in by_default.notes if each.endswith(f": {reason}") and subject.name in each]
        assert f"{unit}s" in note
        assert name in note
        units = {where.path for _, where in PLACES if where.part.unit is unit}
        ends = f".{name}:SCENARIO"
        assert not [
            cell
            for cell in by_default.cells
            if cell.subject == subject.path and cell.where in units and cell.scenario.endswith(ends)
        ]
        asked = select(Asked(locals=(subject.name,), scenarios=(name,)))
        assert not asked.notes
        assert {cell.where for cell in asked.cells} & units


def test_a_host_asked_for_leaves_servers_out_and_the_other_way_round() -> None:
    assert {cell.place for cell in select(Asked(hosts=("threads",))).cells} == {Place.HOST}
    assert {cell.place for cell in select(Asked(servers=("threaded",))).cells} == {Place.SERVER}
    both = select(Asked(hosts=("threads",), servers=("threaded",)))
    assert {cell.place for cell in both.cells} == set(Place)


def test_globs_choose_what_they_match() -> None:
    chosen = select(Asked(locals=("*_ident",), hosts=("thread*",), scenarios=("session_*",)))
    assert [entry.name for entry in chosen.subjects] == [
        "greenlet_ident",
        "thread_ident",
        "broken_recycled_ident",
    ]
    assert [entry.name for _, entry in chosen.places] == ["threads", "threads_per_request"]
    assert len(chosen.cells) == 3 * 2 * len(choose("scenario", ["session_*"]))


def test_nothing_left_to_run_is_told() -> None:
    with pytest.raises(UserError, match="no cell is left to run"):
        select(Asked(servers=("*",), scenarios=("cancellation",)))


def test_jobs_hold_all_cells_and_each_those_of_one_subject_at_one_place() -> None:
    chosen = select(Asked(locals=("contextvar", "thread_ident"), scenarios=("read_back", "starts_empty")))
    jobs = chosen.jobs(Options())
    assert sorted(cell.id for job in jobs for cell in job.cells) == sorted(cell.id for cell in chosen.cells)
    assert all(len({(cell.subject, cell.where) for cell in job.cells}) == 1 for job in jobs)
    on_servers = [job.cells[0].place is Place.SERVER for job in jobs]
    assert on_servers == sorted(on_servers, reverse=True)
    assert {job.cells[0].where for job in jobs if job.patched} == {"harness.hosts.greenlets:HOST"}


def test_a_promise_is_given_to_what_stands_for_itself_only() -> None:
    asked = Asked(locals=("contextvar", "threading:local"), hosts=("threads",), promise="thread")
    assert [entry.path for entry in select(asked).subjects] == [
        "localimpl.contextvar:SUBJECT",
        "threading:local[thread]",
    ]
    assert not select(asked).notes


def test_a_selection_is_made_again_from_its_cells() -> None:
    chosen = select(Asked(locals=("contextvar",), hosts=("tasks", "threads")))
    again = selection_of(reversed(chosen.cells), chosen.notes)
    assert again.cells == chosen.cells


def test_a_framework_is_a_row_of_its_own_on_the_servers_that_speak_its_interface() -> None:
    chosen = select(
        Asked(targets=("flask_app",), servers=("threaded_pool", "uvicorn_asgi"), scenarios=("read_back",))
    )
    [cell] = chosen.cells
    assert (cell.subject, cell.target) == (f"{FRAMEWORK}:SUBJECT", f"{FRAMEWORK}:TARGET")
    assert cell.where == "harness.servers.threaded_pool:SERVER"
    assert repeat_command(cell, Options()).startswith(
        "ctxstress run --target flask_app --server threaded_pool "
    )


def test_what_a_framework_has_no_means_for_stands_in_the_record_and_is_not_run() -> None:
    asked = Asked(targets=("flask_app",), servers=("threaded_pool",), scenarios=("read_back", "child_unit"))
    chosen = select(asked)
    assert [cell.scenario for cell in chosen.runnable] == ["scenarios.read_back:SCENARIO"]
    assert [cell for job in chosen.jobs(Options()) for cell in job.cells] == list(chosen.runnable)
    [result] = Recorder(chosen, Options(), "", asked).run().cells
    assert result.ending is Ending.NOT_APPLICABLE
    assert result.reason == f"flask_app has no {Means.ANYWHERE}"


def test_a_scenario_that_mini_has_no_means_for_is_no_cell_of_a_local() -> None:
    settings = [entry.name for entry in entries("scenario") if Means.SETTINGS in entry.part.uses]
    assert settings
    with pytest.raises(UserError, match="no cell is left to run"):
        select(Asked(locals=("contextvar",), scenarios=tuple(settings)))


def test_the_world_has_each_target_as_a_row_and_each_server_as_a_column() -> None:
    world = select(Asked(matrix="world"))
    usable = {
        kind: {entry.path for entry in entries(kind) if not entry.missing} for kind in ("target", "server")
    }
    assert {cell.target for cell in world.runnable} == usable["target"]
    assert {cell.where for cell in world.runnable} == usable["server"]
    assert {cell.place for cell in world.cells} == {Place.SERVER}


def test_a_matrix_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match=r"there is no matrix 'wurld'.*world"):
        select(Asked(matrix="wurld"))


def test_what_a_server_is_unsound_for_is_left_out_with_a_note_unless_asked_for() -> None:
    asked = Asked(locals=("contextvar",), servers=("eventlet_wsgi",))
    chosen = select(asked)
    assert not [cell for cell in chosen.cells if "executor_hop" in cell.scenario]
    assert [note for note in chosen.notes if note.startswith("left out: eventlet_wsgi in executor_hop: ")]
    named = select(replace(asked, scenarios=("executor_hop",)))
    assert [cell.scenario for cell in named.cells] == ["scenarios.executor_hop:SCENARIO"]
