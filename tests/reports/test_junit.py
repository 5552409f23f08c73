"""JUnit XML is red where the exit code is, tells the mix-up, and stays readable XML whatever a record holds."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.core.record import CellResult, Ending, Run
from harness.core.verdict import Grade
from reports.junit import to_junit


def cases(run: Run) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(to_junit(run))
    return {f"{case.get('classname')}.{case.get('name')}": case for case in root.iter("testcase")}


def test_a_suite_for_each_local_a_case_for_each_cell(good_run: Run) -> None:
    root = ElementTree.fromstring(to_junit(good_run))
    assert [suite.get("name") for suite in root] == [subject.name for subject in good_run.subjects]
    assert all(len(suite) == int(suite.get("tests", 0)) == 60 for suite in root)
    assert len(cases(good_run)) == 840
    assert not list(root.iter("failure"))
    assert not list(root.iter("error"))


def test_faults_are_failures_or_errors_and_counted(bad_run: Run) -> None:
    found = cases(bad_run)
    kinds = {name: case[0].tag for name, case in found.items() if case[0].tag != "system-out"}
    assert kinds == {
        "contextvar.tasks.read_back": "failure",
        "contextvar.tasks.belong_together": "failure",
        "contextvar.tasks.nested_contexts": "failure",
        "broken_pop.threads.nested_contexts": "failure",
        "asgiref_local.uvicorn_asgi.read_back": "failure",
        "werkzeug_local.greenlets.session_one_client": "error",
        "gevent_local.gevent_pywsgi.hooks_and_signals": "error",
    }
    root = ElementTree.fromstring(to_junit(bad_run))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("840", "5", "2")
    suite = next(each for each in root if each.get("name") == "contextvar")
    assert (suite.get("failures"), suite.get("errors")) == ("3", "0")


def test_a_fault_tells_its_story(bad_run: Run) -> None:
    found = cases(bad_run)
    broken = found["contextvar.tasks.read_back"][0]
    assert broken.get("type") == "broken"
    assert broken.get("message", "").startswith("broken: bleed ")
    assert "✗ reads user → " in (broken.text or "")
    assert "repeat: ctxstress run --local contextvar --host tasks" in (broken.text or "")
    assert "Segmentation fault" in (found["werkzeug_local.greenlets.session_one_client"][0].text or "")
    assert "scenarios/hooks_and_signals.py:31" in (
        found["gevent_local.gevent_pywsgi.hooks_and_signals"][0].text or ""
    )
    assert "9× ConnectionResetError" in (found["asgiref_local.uvicorn_asgi.read_back"][0].text or "")


Change = Callable[[CellResult], CellResult]


@pytest.mark.parametrize(
    ("change", "red"),
    [
        (lambda cell: cell, False),
        (lambda cell: replace(cell, grade=Grade.CAUGHT), False),
        (lambda cell: replace(cell, grade=Grade.UNPROMISED), False),
        (lambda cell: replace(cell, grade=Grade.UNPROVEN), True),
        (lambda cell: replace(cell, grade=Grade.MISSED), True),
        (lambda cell: replace(cell, grade=Grade.BROKEN), True),
        (lambda cell: replace(cell, ending=Ending.NOT_RUN), True),
        (lambda cell: replace(cell, ending=Ending.HUNG, grade=Grade.UNPROMISED), True),
    ],
)
def test_red_is_red_as_the_exit_code(good_run: Run, change: Change, red: bool) -> None:
    run = replace(good_run, cells=(change(good_run.cells[0]),))
    (case,) = cases(run).values()
    assert (case[0].tag != "system-out") is red
    assert (run.exit_code() != 0) is red


def test_what_xml_cannot_hold_is_replaced(bad_run: Run) -> None:
    cells = tuple(
        replace(result, log=f"{result.log}\x00\x1b[31m\ufffe<&>" if result.log else "")
        for result in bad_run.cells
    )
    text = cases(replace(bad_run, cells=cells))["werkzeug_local.greenlets.session_one_client"][0].text
    assert text is not None
    assert "��[31m�<&>" in text
