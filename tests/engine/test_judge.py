"""Tests of the judge: what a cell is worth follows from its counts, and trouble leaves nothing proven."""

import pytest

from harness.catalog import entries
from harness.core.history import History, Kind, Row
from harness.core.reads import Seen
from harness.core.record import Finding, State
from harness.core.verdict import Anomaly, Evidence, Need, Outcome
from harness.engine.judge import MOST_EVENTS, samples, sum_up

CLEAN = Finding(Anomaly.BLEED, Need.OVERLAP, 9, 0, Outcome.ISOLATED, 0.3, required=True)
BLED = Finding(Anomaly.BLEED, Need.OVERLAP, 9, 1, Outcome.MIXED, None, required=True)
BLIND = Finding(Anomaly.STALE, Need.REUSE, 0, 0, Outcome.INCONCLUSIVE, None, required=True)
BLIND_BUT_FREE = Finding(Anomaly.STALE, Need.REUSE, 0, 0, Outcome.INCONCLUSIVE, None, required=False)
SHOWN = Finding(Anomaly.LOST_UPDATE, Need.UPDATES, 5, 2, Outcome.MIXED, None, required=True)
WELL = Evidence(entered=9, ends=9)


def outcome(
    *findings: Finding, states: tuple[State, ...] = (), evidence: Evidence = WELL, sent: int = 9
) -> Outcome:
    return sum_up(findings, states, evidence, sent, ignoring=frozenset({Anomaly.LOST_UPDATE}))


def test_silence_with_its_evidence_is_isolated() -> None:
    assert outcome(CLEAN) is Outcome.ISOLATED


def test_silence_without_evidence_counts_only_where_it_was_required() -> None:
    assert outcome(CLEAN, BLIND) is Outcome.INCONCLUSIVE
    assert outcome(CLEAN, BLIND_BUT_FREE) is Outcome.ISOLATED


def test_nothing_required_and_nothing_seen_is_inconclusive() -> None:
    assert outcome(BLIND_BUT_FREE) is Outcome.INCONCLUSIVE


def test_an_anomaly_that_no_local_can_prevent_is_shown_and_not_counted() -> None:
    assert outcome(CLEAN, SHOWN) is Outcome.ISOLATED


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(entered=9, ends=9, failed=1),
        Evidence(entered=9, ends=8, unanswered=1),
        Evidence(entered=8, ends=8),
    ],
    ids=["one failed", "one never ended", "one never ran"],
)
def test_trouble_leaves_nothing_proven_but_a_mix_up(evidence: Evidence) -> None:
    assert outcome(CLEAN, evidence=evidence) is Outcome.INCONCLUSIVE
    assert outcome(BLED, evidence=evidence) is Outcome.MIXED


def test_a_value_that_nobody_wrote_leaves_nothing_proven() -> None:
    strange = State("user", Seen.UNKNOWN.value, 1, expected=False)
    usual = State("user", Seen.EMPTY.value, 1, expected=True)
    assert outcome(CLEAN, states=(strange,)) is Outcome.INCONCLUSIVE
    assert outcome(CLEAN, states=(usual,)) is Outcome.ISOLATED


A_USER_IS_READ_LATER = [
    (Kind.ENTER, "a", "t", "", "a"),
    (Kind.WROTE, "a", "t", "user", "a.1"),
    *[(Kind.READ, "a", "t", "user", "a.1")] * MOST_EVENTS,
    (Kind.LEAVE, "a", "t", "", None),
    (Kind.ENTER, "b", "t", "", "b"),
    (Kind.READ, "b", "t", "user", "a.1"),
]
A_LOGIN_IS_FOUND_THAT_WAS_ENDED = [
    (Kind.ENTER, "a", "t", "", "a"),
    *[(Kind.WROTE, "a", "t", "note", f"a.{number}") for number in range(MOST_EVENTS)],
    (Kind.REVOKED, "a", "t", "login", "z"),
    (Kind.LEAVE, "a", "t", "", None),
    (Kind.ENTER, "b", "t", "", "b"),
    (Kind.BEGAN, "b", "t", "login of a user", None),
    (Kind.READ, "b", "t", "login", "z"),
]


@pytest.mark.parametrize("rows", [A_USER_IS_READ_LATER, A_LOGIN_IS_FOUND_THAT_WAS_ENDED])
def test_a_long_sample_is_cut_and_still_shows_what_it_is_kept_for(rows: list[Row]) -> None:
    (checker,) = [entry.part for entry in entries("checker") if entry.part.anomaly is Anomaly.STALE]
    history = History(rows)
    (sample,) = samples(history, list(checker.check(history)))
    assert len(sample.events) <= MOST_EVENTS < len(rows)
    (again,) = checker.check(History.from_json(row[1:] for row in sample.events))
    assert (again.victim, again.writer) == ("b", "a")
