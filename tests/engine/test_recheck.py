"""A stored run is judged again from its samples: nothing changes, unless the checkers or the events do."""

from dataclasses import replace

import pytest

from harness.catalog import entries
from harness.core.record import Run, from_json, to_json
from harness.core.scenario import Scenario
from harness.core.verdict import Anomaly, Grade, Outcome
from harness.engine.job import Explore, Options
from harness.engine.recheck import recheck
from harness.runs import Recorder, execute
from harness.selection import Asked, select

CHECKERS = [entry.part for entry in entries("checker")]
SCENARIOS: dict[str, Scenario] = {entry.path: entry.part for entry in entries("scenario")}


@pytest.fixture(scope="module")
def ran() -> Run:
    """A run in which every control shows what it can on tasks and threads, read back from its record."""
    asked = Asked(
        locals=("broken_*", "thread_ident", "contextvar"),
        hosts=("tasks", "threads"),
        scenarios=(
            "read_back",
            "belong_together",
            "nested_contexts",
            "session_many_clients",
            "session_one_client",
            "session_rotation",
            "starts_empty",
            "child_unit",
        ),
    )
    options = Options(requests=60)
    recorder = Recorder(select(asked), options, "ctxstress run", asked)
    return from_json(to_json(execute(recorder, lambda result: None)), "the run")


def test_a_recheck_finds_what_the_run_found(ran: Run) -> None:
    again = recheck(ran, CHECKERS, SCENARIOS)
    changed = [
        before.cell.id for before, after in zip(ran.cells, again.cells, strict=True) if before != after
    ]
    assert changed == []


def test_a_sample_keeps_the_events_that_prove_its_witness(ran: Run) -> None:
    samples = [sample for result in ran.cells for sample in result.samples if sample.witness]
    assert {sample.witness.anomaly for sample in samples if sample.witness} >= {Anomaly.BLEED, Anomaly.LOST}
    for sample in samples:
        assert sample.witness is not None
        assert {row[0] for row in sample.events} >= set(sample.witness.seqs)


def test_a_mixup_that_only_the_exploration_saw_stays_one() -> None:
    asked = Asked(locals=("thread_ident",), hosts=("tasks",), scenarios=("read_back",))
    options = Options(flood=False, explore=Explore(seconds=5))
    recorder = Recorder(select(asked), options, "ctxstress explore", asked)
    (cell,) = recheck(execute(recorder, lambda result: None), CHECKERS, SCENARIOS).cells
    assert (cell.outcome, cell.grade, cell.sent) == (Outcome.MIXED, Grade.CAUGHT, 0)


def test_the_run_shows_every_anomaly_that_is_rechecked(ran: Run) -> None:
    seen = {each.anomaly for result in ran.cells for each in result.findings if each.count}
    assert seen >= set(Anomaly) - {Anomaly.CROSSED_REPLY}


def test_samples_whose_events_no_longer_show_it_are_dropped(ran: Run) -> None:
    bare = replace(
        ran,
        cells=tuple(
            replace(result, samples=tuple(replace(sample, events=()) for sample in result.samples))
            for result in ran.cells
        ),
    )
    again = recheck(bare, CHECKERS, SCENARIOS)
    assert any(result.outcome is Outcome.MIXED for result in ran.cells)
    assert not any(result.outcome is Outcome.MIXED for result in again.cells)
    assert not any(result.grade in (Grade.CAUGHT, Grade.BROKEN) for result in again.cells)


def test_without_a_checker_its_anomaly_is_not_found(ran: Run) -> None:
    some = [checker for checker in CHECKERS if checker.anomaly is not Anomaly.BLEED]
    again = recheck(ran, some, SCENARIOS)
    assert all(each.anomaly is not Anomaly.BLEED for result in again.cells for each in result.findings)


def test_a_lost_update_counts_against_who_promised_that_none_is(ran: Run) -> None:
    promising = replace(ran, subjects=tuple(replace(part, keeps_updates=True) for part in ran.subjects))
    (path,) = (part.path for part in ran.subjects if part.name == "contextvar")
    grades = [
        result.grade
        for run in (ran, promising)
        for result in recheck(run, CHECKERS, SCENARIOS).cells
        if result.cell.subject == path and result.cell.id.endswith("tasks-session_one_client")
    ]
    assert grades == [Grade.KEPT, Grade.BROKEN]
