"""CI sees a red case for each endpoint that mixed or failed, and an error where nothing can be told."""

from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from harness.core.app_record import AppRun
from reports.app_junit import THE_RUN, to_app_junit
from tests.reports.app_runs import CLEAN, HERS, LIST, LOGIN, MIXED, ORDERS, REPEAT, RUNS, spoilt


def cases(run: AppRun) -> dict[str, Element]:
    root = ElementTree.fromstring(to_app_junit(run))
    return {case.get("name", ""): case for case in root.iter("testcase")}


def counts(run: AppRun) -> tuple[int, int, int]:
    (suite,) = ElementTree.fromstring(to_app_junit(run)).iter("testsuite")
    tests, failures, errors = (int(suite.get(name, "-1")) for name in ("tests", "failures", "errors"))
    return tests, failures, errors


def test_a_mixed_endpoint_fails_with_its_story() -> None:
    found = cases(MIXED)
    assert list(found) == [THE_RUN, ORDERS, LOGIN, LIST]
    failure = found[ORDERS].find("failure")
    assert failure is not None
    assert failure.get("type") == "another's value"
    assert str(failure.get("message")).startswith(
        "GET /orders/{token} gave u3's data to u7: 41 of 2,000 answers"
    )
    story = failure.text or ""
    assert f"»{HERS}« (u3's)" in story
    assert "shop.cart:CURRENT still held u3's data" in story
    assert f"repeat: {REPEAT}" in story
    assert found[LOGIN].find("failure") is not None
    assert found[LIST].find("failure") is None


@pytest.mark.parametrize("name", RUNS)
def test_something_is_red_exactly_where_the_exit_code_is_not_0(name: str) -> None:
    _, failures, errors = counts(RUNS[name])
    assert (failures + errors > 0) == (RUNS[name].exit_code() != 0)


@pytest.mark.parametrize("name", RUNS)
def test_the_counts_are_those_of_the_cases(name: str) -> None:
    found = cases(RUNS[name]).values()
    red = [sum(case.find(kind) is not None for case in found) for kind in ("failure", "error")]
    assert counts(RUNS[name]) == (len(found), *red)


def test_a_run_that_tells_nothing_is_an_error_with_the_log() -> None:
    error = cases(RUNS["no_start"])[THE_RUN].find("error")
    assert error is not None
    assert "did not start" in str(error.get("message"))
    assert "Worker failed to boot" in (error.text or "")


def test_what_chance_may_explain_is_an_error_and_no_failure() -> None:
    assert counts(RUNS["differs"])[1:] == (1, 0)
    assert counts(RUNS["doubtful"])[1:] == (0, 2)
    found = cases(RUNS["doubtful"])
    error = found[ORDERS].find("error")
    assert error is not None
    assert "an answer that the request never gets alone" in str(error.get("message"))
    assert "which chance may explain" in str(found[THE_RUN].find("error").get("message"))  # type: ignore[union-attr]


def test_a_clean_run_says_what_it_excludes() -> None:
    out = cases(CLEAN)[THE_RUN].findtext("system-out") or ""
    assert "a rate above 0.052 % is excluded at 95 %." in out


def test_a_mix_up_without_a_sighting_is_not_green() -> None:
    assert counts(replace(MIXED, sightings=()))[2] == 1


def test_hostile_text_stays_text() -> None:
    for run in RUNS.values():
        assert '<script>alert("x")</script>' not in to_app_junit(spoilt(run))
        assert cases(spoilt(run))
