"""Judges a stored run again with today's checkers, from the raw events and counts that its record keeps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.core.history import History
from harness.core.ports import Checker
from harness.core.record import CellResult, Run, Sample
from harness.core.scenario import Scenario
from harness.core.verdict import Anomaly, Need, Witness, grade
from harness.engine.judge import finding, sum_up, unpromised, with_exploration
from localimpl import Promise, Unit


def recheck(run: Run, checkers: Sequence[Checker], scenarios: Mapping[str, Scenario]) -> Run:
    """Return the run with every cell judged anew.

    The events of each kept sample are checked again; an anomaly whose sample no longer shows it is dropped, one that a
    checker now sees is added. Counts of evidence are those taken when the requests ran.
    ``scenarios`` are today's, by import string; of a scenario that is gone the recorded requirements stand.
    """
    promises = {
        part.path: Promise(
            frozenset(Unit(unit) for unit in part.isolates),
            frozenset((Unit(unit), scenario) for unit, scenario in part.refuted_on),
            {(Unit(unit), scenario): "" for unit, scenario in part.exempt},
            part.keeps_updates,
        )
        for part in run.subjects
    }
    offers = {part.path: frozenset(Need(need) for need in part.offers) for part in run.places}
    names = {part.path: part.name for part in run.scenarios}
    return replace(
        run,
        cells=tuple(
            _again(
                result,
                checkers,
                scenarios.get(result.cell.scenario),
                promises[result.cell.subject],
                offers[result.cell.where],
                names[result.cell.scenario],
            )
            for result in run.cells
        ),
    )


def _again(
    result: CellResult,
    checkers: Sequence[Checker],
    scenario: Scenario | None,
    promise: Promise,
    offers: frozenset[Need],
    name: str,
) -> CellResult:
    seen: dict[Anomaly, Witness] = {}
    samples = []
    for sample in result.samples:
        witnesses = _witnesses(sample, checkers)
        seen.update((witness.anomaly, witness) for witness in witnesses)
        if sample.witness is not None and sample.witness.anomaly not in {
            witness.anomaly for witness in witnesses
        }:
            sample = replace(sample, witness=None)
        samples.append(sample)
    before = {each.anomaly: each for each in result.findings}
    findings = []
    for checker in checkers:
        old = before.get(checker.anomaly)
        required = old.required if old else scenario is not None and _requires(scenario, checker, offers)
        count = max(old.count if old else 0, 1) if checker.anomaly in seen else 0
        findings.append(finding(checker, count, result.evidence, required=required))
    ignoring = unpromised(scenario, promise) if scenario else frozenset()
    outcome = with_exploration(
        sum_up(findings, result.states, result.evidence, result.sent, ignoring),
        result.explored,
        result.sent > 0,
    )
    return replace(
        result,
        findings=tuple(findings),
        samples=tuple(samples),
        outcome=outcome,
        grade=grade(outcome, promise, result.unit, name, offers),
    )


def _requires(scenario: Scenario, checker: Checker, offers: frozenset[Need]) -> bool:
    return checker.anomaly in scenario.looks_for and checker.needs in offers


def _witnesses(sample: Sample, checkers: Iterable[Checker]) -> list[Witness]:
    """Check the kept events; the witnesses' positions are those in the sample."""
    history = History.from_json(row[1:] for row in sample.events)
    return [witness for checker in checkers for witness in list(checker.check(history))[:1]]
