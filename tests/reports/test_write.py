"""Reports appear whole or not at all, and an impossible place is a clear error."""

import os
import stat
from pathlib import Path

import pytest

from harness.core.errors import UserError
from harness.core.record import Run, read_run, to_json
from reports import write
from reports.write import replace, write_all


def test_all_reports_lie_in_the_folder(good_run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    written = write_all(good_run, folder)
    assert sorted(each.name for each in folder.iterdir()) == ["index.html", "junit.xml", "run.json"]
    assert to_json(read_run(folder)) == to_json(good_run)
    assert written.page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert written.junit.read_text("utf-8").startswith("<?xml")


def test_files_are_as_readable_as_the_mask_allows(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        replace(tmp_path / "page", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "page").stat().st_mode) == 0o644


def test_an_old_report_stays_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index.html"
    path.write_text("old")

    def fails(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        replace(path, "new")
    assert [each.name for each in tmp_path.iterdir()] == ["index.html"]
    assert path.read_text() == "old"


def test_the_record_is_kept_when_a_report_cannot_be_made(
    good_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(run: Run) -> str:
        raise RuntimeError("no page")

    monkeypatch.setattr(write, "render", fails)
    with pytest.raises(RuntimeError, match="no page"):
        write_all(good_run, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["run.json"]


def test_an_impossible_folder_is_an_error_that_teaches(good_run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot write the reports to .*file.*--out"):
        write_all(good_run, tmp_path / "file")
