"""The terminal shows every square, never wider than asked, with words where symbols or colours cannot go."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.core.exploration import Exploration
from harness.core.record import Ending, Run
from harness.core.verdict import Grade
from reports.matrix import arrange
from reports.text import console, print_closing, print_matrix
from reports.words import Standing
from tests.reports.test_sentences import DEADLOCK, WAITS


def shown(run: Run, width: int = 100, encoding: str = "utf-8", page: Path | None = None) -> str:
    buffer = io.BytesIO()
    file = io.TextIOWrapper(buffer, encoding=encoding, write_through=True)
    out = console(file, width)
    print_matrix(run, out)
    print_closing(run, out, page)
    return buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [50, 60, 80, 100])
def test_no_line_of_the_matrix_is_wider_than_asked(bad_run: Run, width: int) -> None:
    buffer = io.StringIO()
    print_matrix(bad_run, console(buffer, width))
    lines = buffer.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    # A cut square would end in an ellipsis.
    assert not any("…" in line for line in lines)


def test_a_hundred_columns_are_the_most(bad_run: Run) -> None:
    buffer = io.StringIO()
    print_matrix(bad_run, console(buffer, 300))
    assert max(map(len, buffer.getvalue().splitlines())) <= 100


def test_every_square_is_shown_once(bad_run: Run) -> None:
    buffer = io.StringIO()
    print_matrix(bad_run, console(buffer, 100))
    squares = sum(each is not None for row in arrange(bad_run).rows for each in row.squares)
    words = "|".join(each for each in Standing if each is not Standing.UNPROMISED)
    assert len(re.findall(rf"\b(?:{words}|mixed|clean) \d", buffer.getvalue())) == squares == 140


def test_few_columns_stand_in_one_table(good_run: Run) -> None:
    few = tuple(
        result for result in good_run.cells if result.cell.id.split("-")[1] in ("threads", "threaded")
    )
    assert shown(replace(good_run, cells=few)).count("contextvar ") == 1
    assert shown(good_run).count("contextvar ") == 2


def test_the_closing_lines_are_verdict_page_and_repeat(bad_run: Run, tmp_path: Path) -> None:
    page = tmp_path / ("deep" * 40) / "index.html"
    lines = shown(bad_run, page=page).splitlines()
    assert "contextvar broke its promise on tasks in 3 cells." in lines
    assert f"page:   {page}" in lines
    assert lines[-1] == "repeat: ctxstress run --local contextvar --host tasks --scenario read_back --seed 7"
    assert "✗ broken contextvar-tasks-read_back: bleed " in "\n".join(lines)
    assert "note: waitress is left out, because it is not installed: pip install ctxstress[servers]" in lines


def test_the_first_mix_up_is_shown_as_lanes(bad_run: Run, good_run: Run) -> None:
    assert re.search(r"^#\d+ .*✗ reads user → ", shown(bad_run), re.MULTILINE)
    assert "reads user" not in shown(good_run)


def test_a_run_as_promised_has_nothing_to_repeat(good_run: Run) -> None:
    text = shown(good_run)
    assert "repeat:" not in text
    assert "Every promise was kept in 348 cells" in text


def test_a_terminal_without_symbols_gets_the_words(bad_run: Run) -> None:
    buffer = io.BytesIO()
    out = console(io.TextIOWrapper(buffer, encoding="ascii", write_through=True), 100)
    print_matrix(bad_run, out)
    assert b"broken 3/6" in buffer.getvalue()


def styled(run: Run, monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    buffer = io.StringIO()
    print_matrix(run, console(buffer, 100))
    return buffer.getvalue()


def test_colours_are_only_for_terminals_that_want_them(bad_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    colour = re.compile(r"\x1b\[[0-9;]*3[0-7]m|\x1b\[[0-9;]*4[0-7]m")
    assert "\x1b" not in styled(bad_run, monkeypatch)
    assert colour.search(styled(bad_run, monkeypatch, FORCE_COLOR="1", TERM="xterm-256color"))
    assert not colour.search(
        styled(bad_run, monkeypatch, FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="1")
    )


def test_brackets_in_a_record_are_no_styles(bad_run: Run) -> None:
    out = shown(replace(bad_run, notes=("[bold]left[/bold] out [/]",)))
    assert "note: [bold]left[/bold] out [/]" in out


def test_an_empty_run_prints_its_verdict(good_run: Run) -> None:
    assert "No cell was run, so nothing is known." in shown(replace(good_run, cells=()))


def test_the_console_is_a_rich_one_of_the_file() -> None:
    file = io.StringIO()
    assert isinstance(console(file), Console)
    assert console(file).width == 100


@pytest.mark.parametrize("explored", [DEADLOCK, None])
def test_a_cell_that_hung_shows_the_deadlock_that_was_proven(
    good_run: Run, explored: Exploration | None
) -> None:
    stuck = replace(
        good_run.cells[0], ending=Ending.HUNG, grade=Grade.UNPROVEN, hung_at=("r1 on t",), explored=explored
    )
    lines = shown(replace(good_run, cells=(stuck,))).splitlines()
    assert (f"  deadlock: {WAITS}" in lines) == (explored is not None)
    assert "  r1 on t" in lines
