"""Two runs against an app compared: a new cause is worse, one that is gone is not, and silence proves nothing."""

from dataclasses import replace

import pytest

from harness.core.errors import UserError
from harness.core.record import Run
from reports.app_compare import compare_apps, compare_records
from reports.compare import Comparison
from tests.reports.app_runs import CLEAN, DIFFERS, FOREIGN, MIXED, RUNS


def test_a_run_is_as_itself() -> None:
    found = compare_apps(MIXED, MIXED)
    assert not found.worse
    assert (found.new, found.gone, len(found.still)) == ((), (), 3)
    assert found.text().splitlines()[-1] == "mixed: 0 new, 3 as before, 0 gone, none for the worse."


def test_a_new_cause_is_worse_even_where_both_are_mixed() -> None:
    found = compare_apps(replace(MIXED, sightings=(FOREIGN,)), replace(MIXED, sightings=(FOREIGN, DIFFERS)))
    assert found.worse
    assert found.text().splitlines()[0].startswith("worse: GET /orders/{token} gave u7 an answer that")


def test_a_repair_is_for_the_better() -> None:
    found = compare_apps(MIXED, CLEAN)
    assert not found.worse
    assert "gone: GET /orders/{token} gave u3's data to u7 (41 of 2,000 answers)" in found.text()
    assert found.text().endswith("mixed → isolated: 0 new, 0 as before, 3 gone, none for the worse.")


def test_other_users_in_the_same_place_are_the_same_cause() -> None:
    other = replace(FOREIGN, victim=replace(FOREIGN.victim, user="u1"), at=99)
    found = compare_apps(replace(MIXED, sightings=(FOREIGN,)), replace(MIXED, sightings=(other,)))
    assert not found.worse
    assert len(found.still) == 1


def test_a_run_that_tells_nothing_is_worse_than_a_clean_one_and_no_repair() -> None:
    assert compare_apps(CLEAN, RUNS["no_start"]).worse
    found = compare_apps(MIXED, RUNS["no_start"])
    assert not found.worse
    assert "3 not seen again" in found.text()
    assert "gone" not in found.text()


def test_two_kinds_of_run_cannot_be_compared(bad_run: Run) -> None:
    assert isinstance(compare_records(bad_run, bad_run), Comparison)
    assert compare_records(MIXED, CLEAN) == compare_apps(MIXED, CLEAN)
    for pair in ((MIXED, bad_run), (bad_run, MIXED)):
        with pytest.raises(UserError, match="compare two of one kind"):
            compare_records(*pair)


def test_another_app_or_server_is_said_to_be_one() -> None:
    assert "not the same" not in compare_apps(MIXED, CLEAN).text()
    found = compare_apps(MIXED, replace(CLEAN, server="waitress"))
    assert found.text().startswith(
        "not the same was tried: shop.wsgi:app on gunicorn_gevent, then shop.wsgi:app on waitress\n"
    )
