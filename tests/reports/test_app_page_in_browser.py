"""Opens the page of an app run in a real browser without a network: wide, narrow, dark, printed, without script."""

from pathlib import Path

import pytest

from reports.write import write_app
from tests.reports.app_runs import MIXED, REPEAT, RUNS, spoilt
from tests.reports.browser import Browser, asked, complaints, visible

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of all runs on disk."""
    folder = tmp_path_factory.mktemp("pages")
    return {
        name: write_app(run, folder / name).page for name, run in {**RUNS, "spoilt": spoilt(MIXED)}.items()
    }


@pytest.mark.parametrize("name", [*RUNS, "spoilt"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_from_disk_in_silence(
    browser: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    browser.open(pages[name], width=width, dark=width == 390)
    assert browser.evaluate("document.querySelector('h1').textContent.length") > 20
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    browser.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert complaints(browser) == []
    assert asked(browser) == []


def test_the_foreign_value_is_seen_without_scrolling_sideways(
    browser: Browser, pages: dict[str, Path]
) -> None:
    for width in (1280, 390):
        browser.open(pages["mixed"], width=width)
        place = browser.evaluate(
            "document.querySelector('.leaky mark.theirs').getBoundingClientRect().toJSON()"
        )
        assert 0 < place["left"] < place["right"] < width


def test_the_two_requests_stand_beside_each_other_where_there_is_room(
    browser: Browser, pages: dict[str, Path]
) -> None:
    tops = (
        "[...document.querySelectorAll('.pair .side')].slice(0, 2).map((s) => s.getBoundingClientRect().top)"
    )
    browser.open(pages["mixed"], width=1280)
    left, right = browser.evaluate(tops)
    assert left == right
    browser.open(pages["mixed"], width=390)
    above, below = browser.evaluate(tops)
    assert above < below


def test_a_command_is_copied(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["mixed"])
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.call("Page.bringToFront")
    browser.evaluate("document.querySelector('#do .copy').click()")
    browser.wait("document.querySelector('#do .copy').textContent === 'Copied'")
    assert browser.evaluate("navigator.clipboard.readText()") == REPEAT


def test_the_theme_can_be_chosen(browser: Browser, pages: dict[str, Path]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    browser.open(pages["mixed"], dark=False)
    light = browser.evaluate(ground)
    browser.evaluate("document.getElementById('theme').click()")
    assert browser.evaluate(ground) != light
    browser.evaluate("localStorage.clear()")


def test_without_script_all_that_matters_is_there(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["mixed"], script=False)
    for selector in (
        "h1",
        "#look mark.theirs",
        "#look svg.lanes .leak",
        "#do code",
        "#endpoints td",
        "#rounds td",
    ):
        assert visible(browser, selector)
    assert not visible(browser, "#theme")
    assert not visible(browser, ".copy")
    assert complaints(browser) == []


def test_it_prints_on_paper(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["mixed"])
    assert len(browser.call("Page.printToPDF", printBackground=False)["data"]) > 30_000
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert not visible(browser, "header")
    assert visible(browser, "#look mark.theirs")
    browser.call("Emulation.setEmulatedMedia", media="")
