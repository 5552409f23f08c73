"""The interleaving of an explored cell in a real browser: columns where there is room, else one list."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.core.record import Run
from harness.core.verdict import Outcome
from reports.html import write_page
from tests.reports.browser import Browser, complaints
from tests.reports.test_explained_text import EXPLANATION
from tests.reports.test_record_schema import EXPLORED

pytestmark = pytest.mark.browser

SHOWN = "[...document.querySelectorAll('#seen .interleaving td')].filter(each => each.offsetWidth)"
"""The cells of the table that take room."""


@pytest.fixture(scope="module")
def page(good_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run in which only an exploration saw a mix-up."""
    found = replace(EXPLORED, outcome=Outcome.MIXED, explanation=EXPLANATION)
    cells = [replace(cell, samples=()) for cell in good_run.cells]
    mixed = next(place for place, cell in enumerate(cells) if cell.outcome is Outcome.MIXED)
    cells[mixed] = replace(cells[mixed], explored=found)
    path = tmp_path_factory.mktemp("page") / "index.html"
    write_page(replace(good_run, cells=tuple(cells)), path)
    return path


def test_units_stand_beside_each_other_where_there_is_room(browser: Browser, page: Path) -> None:
    browser.open(page, width=1280)
    assert browser.evaluate("document.querySelectorAll('#seen .interleaving thead span').length") == 2
    assert browser.evaluate(f"new Set({SHOWN}.map(each => each.getBoundingClientRect().x)).size") == 3
    assert (
        browser.evaluate("document.querySelector('#seen .interleaving caption').innerText")
        == "shop/whoami.py"
    )
    assert complaints(browser) == []


def test_on_a_narrow_screen_each_row_has_its_units_name_and_nothing_is_cut_off(
    browser: Browser, page: Path
) -> None:
    browser.open(page, width=390)
    scroll = "document.querySelector('#seen .interleaving .scroll')"
    assert browser.evaluate(f"{scroll}.scrollWidth <= {scroll}.clientWidth")
    assert browser.evaluate("document.documentElement.scrollWidth") == 390
    assert browser.evaluate(f"new Set({SHOWN}.map(each => each.getBoundingClientRect().x)).size") == 1
    assert (
        browser.evaluate(
            f"[...new Set({SHOWN}.map(each => getComputedStyle(each, '::before').content))].sort().join()"
        )
        == '"r1","r2"'
    )
