"""Opens the page in a real browser, without a network, and uses it by keyboard, pointer and without script."""

from pathlib import Path

import pytest

from harness.core.record import Run
from reports.html import write_page
from tests.reports.browser import Browser, asked, complaints, visible

pytestmark = pytest.mark.browser

TOGGLED = "document.querySelector('#panel .cell[open] .why')"


@pytest.fixture(scope="module")
def pages(good_run: Run, bad_run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of both runs on disk."""
    folder = tmp_path_factory.mktemp("pages")
    found = {"good": folder / "good.html", "bad": folder / "bad.html"}
    write_page(good_run, found["good"])
    write_page(bad_run, found["bad"])
    return found


@pytest.mark.parametrize("name", ["good", "bad"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_from_disk_in_silence(
    browser: Browser, pages: dict[str, Path], name: str, dark: bool, width: int
) -> None:
    browser.open(pages[name], width=width, dark=dark)
    assert browser.evaluate("document.querySelector('h1').textContent.length") > 20
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    browser.evaluate("document.querySelector('.matrix td a').click()")
    browser.wait(TOGGLED)
    assert complaints(browser) == []
    assert asked(browser) == []


def test_the_network_stays_shut_even_for_what_would_use_it(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["good"])
    refused = browser.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    assert any("Content Security Policy" in str(event) for event in complaints(browser))


def test_a_square_opens_by_keyboard_and_closes_again(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["good"])
    browser.evaluate("document.querySelector('.matrix td a').focus()")
    browser.press("ArrowRight", 39)
    browser.press("ArrowDown", 40)
    assert browser.evaluate("document.activeElement.hash") == "#greenlet_ident-threads"
    browser.press("Enter", 13)
    browser.wait(TOGGLED)
    assert browser.evaluate("document.getElementById('panel-h').textContent") == "greenlet_ident on threads"
    assert browser.evaluate("document.querySelectorAll('#panel .cell').length") == 6
    assert browser.evaluate("document.querySelectorAll('#panel svg.lanes').length") >= 1
    assert browser.evaluate("location.hash") == "#greenlet_ident-threads"
    browser.press("Escape", 27)
    browser.wait("!document.getElementById('panel').open")
    assert browser.evaluate("document.activeElement.hash") == "#greenlet_ident-threads"
    assert browser.evaluate("location.hash") == ""


def test_another_cell_opens_in_the_panel(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["good"], "#contextvar-tasks")
    browser.wait(TOGGLED)
    browser.evaluate("[...document.querySelectorAll('#panel .cell > summary')].at(-1).click()")
    browser.wait("document.querySelectorAll('#panel .cell .why').length === 2")
    repeat = browser.evaluate(
        "[...document.querySelectorAll('#panel .cell .command code')].at(-1).textContent"
    )
    assert repeat == "ctxstress run --local contextvar --host tasks --scenario hooks_and_signals --seed 7"


def test_the_address_of_a_cell_opens_that_cell(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["bad"], "#contextvar-tasks-belong_together")
    browser.wait(TOGGLED)
    opened = browser.evaluate(
        "[...document.querySelectorAll('#panel .cell[open] > summary b')].map((b) => b.textContent)"
    )
    assert opened == ["belong_together"]
    assert "requests were mixed up" in browser.evaluate(f"{TOGGLED}.textContent")


def test_the_theme_is_chosen_and_kept(browser: Browser, pages: dict[str, Path]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    browser.open(pages["good"], dark=False)
    light = browser.evaluate(ground)
    browser.evaluate("document.getElementById('theme').click()")
    dark = browser.evaluate(ground)
    assert light != dark
    browser.open(pages["good"], dark=False)
    assert browser.evaluate(ground) == dark
    browser.evaluate("document.getElementById('theme').click()")
    assert browser.evaluate(ground) == light
    browser.evaluate("localStorage.clear()")
    browser.open(pages["good"], dark=True)
    assert browser.evaluate(ground) == dark


def test_a_command_is_copied(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["bad"])
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.call("Page.bringToFront")
    browser.evaluate("document.querySelector('#look .copy').click()")
    browser.wait("document.querySelector('#look .copy').textContent === 'Copied'")
    wanted = browser.evaluate("document.querySelector('#look .command code').textContent")
    assert browser.evaluate("navigator.clipboard.readText()") == wanted


def test_without_script_all_that_matters_is_there(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["bad"], script=False)
    assert visible(browser, "h1")
    assert visible(browser, "#look svg.lanes .leak")
    assert visible(browser, ".matrix td a b")
    assert visible(browser, "#cells noscript p")
    assert not visible(browser, "#theme")
    assert not visible(browser, "#look .copy")
    assert complaints(browser) == []


def test_a_link_of_the_matrix_leads_somewhere_without_script(
    browser: Browser, pages: dict[str, Path]
) -> None:
    browser.open(pages["good"], "#contextvar-tasks-read_back", script=False)
    assert visible(browser, "#contextvar-tasks-read_back > summary")


def test_it_prints_on_paper(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["bad"])
    printed = browser.call("Page.printToPDF", printBackground=False)["data"]
    assert len(printed) > 50_000
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert not visible(browser, "header")
    assert visible(browser, "#look svg.lanes .leak")
