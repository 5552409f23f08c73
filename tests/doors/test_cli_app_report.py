"""The record of a run against an app is shown and compared again by the same commands as one of the matrix."""

from pathlib import Path

from reports.write import write_app
from tests.doors.command import run
from tests.reports.app_runs import CLEAN, MIXED


def test_a_stored_app_run_is_shown_and_compared_again(tmp_path: Path) -> None:
    written = write_app(MIXED, tmp_path / "mixed")
    page = written.page.read_text("utf-8")
    written.page.unlink()
    code, out, _ = run(tmp_path, "report", "mixed")
    assert code == 0
    assert out.startswith("GET /orders/{token} gave u3's data to u7: 41 of 2,000 answers")
    assert written.page.read_text("utf-8") == page
    write_app(CLEAN, tmp_path / "clean")
    assert run(tmp_path, "compare", "clean", "mixed")[0] == 1
    assert run(tmp_path, "compare", "mixed", "clean/app.json")[0] == 0
