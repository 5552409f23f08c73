"""Plain words on a cell: what was seen, how far silence reaches, and why a promise stays unproven."""

from dataclasses import replace

import pytest

from harness.core.exploration import Explanation, Exploration
from harness.core.feasibility import Feasibility
from harness.core.record import CellResult, Ending, Finding, Run, Trouble
from harness.core.verdict import Anomaly, Evidence, Grade, Need, Outcome, upper_bound
from localimpl import Unit
from reports.sentences import aside, bound_words, evidence_rows, explanation, flooded, lacking, saw, weakest
from reports.words import rate

WAITS = "r0 waits for a lock: nobody is left to bring it."
DEADLOCK = Exploration(
    "a cell",
    "threads",
    Unit.THREAD,
    "preemption_bounded",
    Outcome.MIXED,
    "Mixed up in schedule 1.",
    schedules=1,
    found_at=1,
    switch_points=4,
    contested=0,
    reduced=False,
    explanation=Explanation(WAITS, "deadlock", Feasibility.FIFO, 0, ("r0",), (), (), ""),
)


def finding(chances: int, count: int = 0, required: bool = True, anomaly: Anomaly = Anomaly.BLEED) -> Finding:
    outcome = Outcome.MIXED if count else Outcome.ISOLATED if chances else Outcome.INCONCLUSIVE
    bound = upper_bound(chances) if outcome is Outcome.ISOLATED else None
    return Finding(anomaly, Need.OVERLAP, chances, count, outcome, bound, required)


@pytest.fixture
def kept(good_run: Run) -> CellResult:
    """A clean cell of 812 requests that all overlapped."""
    cell = next(result for result in good_run.cells if result.grade is Grade.KEPT)
    return replace(
        cell,
        sent=812,
        evidence=Evidence(entered=812, ends=812, overlap=812),
        findings=(finding(812),),
        troubles=(),
    )


@pytest.mark.parametrize(
    ("chances", "count", "words"),
    [
        (812, 0, "0 of 812: at 95 % below 0.37 %"),
        (1, 0, "0 of 1: at 95 % below 95 %"),
        (1_000_000, 0, "0 of 1,000,000: at 95 % below 0.0003 %"),
        (0, 0, "no chance to see one"),
        (812, 3, "3 in 812 chances"),
        (1, 1, "1 in 1 chance"),
        (203, 205, "205 times in 203 chances"),
    ],
)
def test_how_far_silence_reaches(chances: int, count: int, words: str) -> None:
    assert bound_words(finding(chances, count)) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.5, "50 %"), (0.0996, "10 %"), (0.037, "3.7 %"), (0.00052, "0.052 %"), (1, "100 %")],
)
def test_rates_have_two_digits_that_count(share: float, words: str) -> None:
    assert rate(share) == words


def test_a_clean_cell_is_as_good_as_its_weakest_finding(kept: CellResult) -> None:
    cell = replace(
        kept, findings=(finding(812), finding(12, anomaly=Anomaly.LOST), finding(3, required=False))
    )
    found = weakest(cell)
    assert found is not None
    assert found.chances == 12
    assert saw(cell) == "no mix-up, 0 of 12: at 95 % below 22 %"
    assert "the true rate is below 22 % at 95 % confidence" in explanation(cell)


def test_a_mixed_cell_says_what_how_often(kept: CellResult) -> None:
    found = (finding(812, 411), finding(812), finding(812, 2000, anomaly=Anomaly.LOST))
    cell = replace(kept, outcome=Outcome.MIXED, grade=Grade.BROKEN, findings=found)
    assert saw(cell) == "bleed 411×, lost 2,000×"
    assert explanation(cell).startswith(
        "thread_ident promises to keep threads apart, and requests were mixed up."
    )
    assert "in flight together" in explanation(cell)


@pytest.mark.parametrize(
    ("evidence", "chances", "reason"),
    [
        (Evidence(entered=10, ends=10), 0, "no overlap"),
        (Evidence(entered=10, ends=10, failed=4, overlap=9), 9, "4 of 10 requests failed"),
        (Evidence(entered=10, ends=8, unanswered=2, overlap=9), 9, "2 never ended"),
        (Evidence(entered=7, ends=7, overlap=7), 7, "3 never began"),
        (Evidence(entered=7, ends=7, failed=1), 0, "no overlap; 1 of 10 requests failed; 3 never began"),
    ],
)
def test_an_unproven_cell_says_what_it_lacked(
    kept: CellResult, evidence: Evidence, chances: int, reason: str
) -> None:
    cell = replace(
        kept,
        sent=10,
        evidence=evidence,
        findings=(finding(chances),),
        outcome=Outcome.INCONCLUSIVE,
        grade=Grade.UNPROVEN,
    )
    assert lacking(cell) == reason
    assert saw(cell) == reason
    assert explanation(cell).endswith(f"Here: {reason}.")


def test_a_conclusive_cell_lacked_nothing(kept: CellResult) -> None:
    assert lacking(kept) == ""


def test_a_cell_that_did_not_end_says_how_far_it_came(kept: CellResult) -> None:
    hung = replace(
        kept,
        ending=Ending.HUNG,
        outcome=Outcome.INCONCLUSIVE,
        sent=60,
        evidence=Evidence(entered=12, ends=11),
    )
    assert saw(hung) == "11 of 60 requests ended"
    assert saw(replace(hung, ending=Ending.NOT_RUN, sent=0)) == "nothing was sent"


def test_an_anomaly_that_does_not_count_is_told_beside(kept: CellResult) -> None:
    cell = replace(kept, findings=(finding(812), finding(80, 34, False, Anomaly.LOST_UPDATE)))
    assert (
        aside(cell) == "It also showed lost update, which no Local can prevent here, so that does not count."
    )
    assert explanation(cell).endswith(aside(cell))
    assert aside(kept) == ""
    assert aside(replace(cell, outcome=Outcome.MIXED)) == ""


def test_evidence_without_weight_is_left_out(kept: CellResult) -> None:
    assert evidence_rows(kept) == [("sent", 812), ("began", 812), ("ended", 812), ("overlap", 812)]
    bare = replace(kept, evidence=Evidence())
    assert evidence_rows(bare) == [("sent", 812), ("began", 0), ("ended", 0)]


def test_an_unproven_cell_names_the_failure_that_was_seen_most(kept: CellResult) -> None:
    cell = replace(
        kept,
        sent=204,
        evidence=Evidence(entered=204, ends=204, overlap=9, failed=9),
        troubles=(Trouble("RuntimeError: boom", 8), Trouble("KeyError: 'x'", 1)),
        outcome=Outcome.INCONCLUSIVE,
        grade=Grade.UNPROVEN,
    )
    assert saw(cell) == "9 of 204 requests failed: RuntimeError: boom"
    silent = replace(
        cell,
        evidence=replace(cell.evidence, failed=0, entered=200),
        troubles=(Trouble("sent, but never began to run", 4),),
    )
    assert saw(silent) == "4 never began"


def test_a_cell_that_hung_says_what_the_exploration_proves(kept: CellResult) -> None:
    hung = replace(kept, ending=Ending.HUNG, outcome=Outcome.INCONCLUSIVE, grade=Grade.UNPROVEN, findings=())
    assert explanation(hung).endswith("did not all end. So nothing is known.")
    proven = replace(hung, outcome=Outcome.MIXED, explored=DEADLOCK)
    assert saw(proven) == "deadlock in schedule 1 of the exploration"
    assert flooded(replace(proven, evidence=Evidence(entered=8, ends=0))) == "0 ended"
    assert flooded(kept) == "no mix-up seen"
    assert explanation(proven).endswith(f"The flood hung, and the exploration shows how: {WAITS}")
    beside = replace(
        DEADLOCK, explanation=Explanation(WAITS, "bleed", Feasibility.FIFO, 0, ("r0",), (), (), "")
    )
    assert "The flood hung, and beside that the exploration shows: " in explanation(
        replace(proven, explored=beside)
    )
    assert explanation(replace(proven, ending=Ending.JUDGED)).endswith("to find the interleaving.")
