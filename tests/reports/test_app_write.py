"""The reports of a run against an app lie in one folder, and the record alone brings them back."""

from pathlib import Path

import pytest

from harness.core.app_record import read_record
from harness.core.record import Run
from reports.write import write_all, write_app, write_record
from tests.reports.app_runs import MIXED, RUNS, spoilt


@pytest.mark.parametrize("name", RUNS)
def test_all_reports_lie_in_the_folder(name: str, tmp_path: Path) -> None:
    written = write_app(RUNS[name], tmp_path / "out")
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        "app.json",
        "index.html",
        "junit.xml",
    ]
    assert read_record(tmp_path / "out") == read_record(written.record) == RUNS[name]
    assert written.page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert written.junit.read_text("utf-8").startswith("<?xml")


def test_hostile_text_can_be_written(tmp_path: Path) -> None:
    assert read_record(write_app(spoilt(MIXED), tmp_path).record) == spoilt(MIXED)


def test_the_kind_of_run_decides_which_reports_are_written(bad_run: Run, tmp_path: Path) -> None:
    assert write_record(MIXED, tmp_path).record.name == "app.json"
    page = (tmp_path / "index.html").read_text("utf-8")
    assert (
        write_record(bad_run, tmp_path).record == write_all(bad_run, tmp_path).record == tmp_path / "run.json"
    )
    assert (tmp_path / "index.html").read_text("utf-8") != page
