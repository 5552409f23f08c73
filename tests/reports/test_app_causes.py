"""Sightings that show the same are one cause, counted once, and the worst cause comes first."""

from dataclasses import replace

from harness.core.app_record import AppRun, Sign
from harness.core.verdict import Anomaly
from reports.app_causes import causes
from reports.app_sentences import often
from tests.reports.app_runs import CLEAN, DIFFERS, FAILED, FOREIGN, LEFT_BEHIND, LIST, MIXED, RUNS, another


def of(*sightings: object, run: AppRun = MIXED) -> AppRun:
    return replace(run, sightings=sightings)  # type: ignore[arg-type]


def test_a_clean_run_has_no_cause() -> None:
    assert causes(CLEAN) == ()


def test_the_worst_comes_first_however_late_it_was_seen() -> None:
    late = replace(FOREIGN, at=9000)
    found = causes(of(FAILED, DIFFERS, LEFT_BEHIND, late))
    assert [cause.sign for cause in found] == [Sign.FOREIGN, Sign.LEFT_BEHIND, Sign.DIFFERS, Sign.FAILED]


def test_one_sign_at_one_endpoint_is_one_cause_whatever_the_anomaly() -> None:
    (cause,) = causes(of(another(6, Anomaly.STALE), FOREIGN, another(5)))
    assert [each.at for each in cause.sightings] == [12, 17, 18]
    assert cause.first is FOREIGN


def test_one_sign_at_two_endpoints_or_in_two_variables_is_two_causes() -> None:
    assert len(causes(of(FOREIGN, replace(FOREIGN, endpoint=LIST)))) == 2
    assert len(causes(of(LEFT_BEHIND, replace(LEFT_BEHIND, where="shop.tax:RATE")))) == 2
    assert len(causes(of(LEFT_BEHIND, replace(LEFT_BEHIND, endpoint=LIST)))) == 1


def test_lines_of_one_log_are_one_cause() -> None:
    lines = [replace(FOREIGN, sign=Sign.LOG, where=f"app.log:{number}") for number in (3, 9)]
    assert len(causes(of(*lines))) == 1


def test_a_sighting_with_an_owner_is_shown_before_an_earlier_one_without() -> None:
    (cause,) = causes(of(replace(FOREIGN, owner=None, at=3), FOREIGN))
    assert cause.first is FOREIGN


def test_the_endpoint_counts_where_one_sign_alone_was_seen_there() -> None:
    assert often(causes(of(FOREIGN))[0]) == "41 of 2,000 answers"
    assert often(causes(of(FAILED))[0]) == "7 of 2,000 requests"


def test_two_signs_at_one_endpoint_do_not_both_claim_its_count() -> None:
    foreign, differs = causes(of(FOREIGN, DIFFERS, run=replace(MIXED, rounds=())))
    assert (foreign.seen, differs.seen) == (1, 1)
    counted = replace(FOREIGN, count=38)
    assert often(causes(of(counted, DIFFERS))[0]) == "38 of 2,000 answers"


def test_what_shows_in_no_answer_is_counted_by_the_rounds() -> None:
    assert often(causes(RUNS["left_behind"])[0]) == "57 times"
    assert often(causes(replace(RUNS["left_behind"], rounds=()))[0]) == "1 time"


def test_an_endpoint_that_the_record_does_not_list_still_has_its_cause() -> None:
    (cause,) = causes(of(replace(FOREIGN, endpoint="GET /elsewhere"), run=replace(MIXED, rounds=())))
    assert often(cause) == "1 time"
