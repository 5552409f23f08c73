"""The page holds every cell in one small file, can be read without script, and lets no value become markup."""

import base64
import hashlib
import json
import re
import zlib
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.core.record import Run
from harness.core.verdict import Grade
from reports.html import MOST_DRAWN, MOST_LISTED, render, write_page
from reports.matrix import standing
from reports.sentences import saw

VOID = {"meta", "link", "br", "img", "input", "hr"}
MEGABYTE = 1_000_000


class Page(HTMLParser):
    """The elements of a page in order, and its text; raises on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.inside: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("caption", "button", "h1"):
            self.inside.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> after {self._open[-3:]}"

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._open):
            self.words.append(data)
        for tag in self.inside.keys() & set(self._open):
            self.inside[tag][-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def good(good_run: Run) -> str:
    return render(good_run)


@pytest.fixture(scope="module")
def bad(bad_run: Run) -> str:
    return render(bad_run)


@pytest.fixture(params=["good", "bad"])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(request.getfixturevalue(request.param))


def details(text: str) -> list[str]:
    """What the page unpacks for each cell."""
    packed = re.search(r'id="details">([^<]*)<', text)
    assert packed is not None
    return list(json.loads(zlib.decompress(base64.b64decode(packed.group(1)))))


def test_a_run_of_a_thousand_cells_is_below_a_megabyte(made: SimpleNamespace) -> None:
    run = made.make_run(scenarios=7, most=90)
    assert len(run.cells) == 980
    assert len(render(run).encode()) < MEGABYTE
    assert len(render(made.with_faults(run)).encode()) < MEGABYTE


def test_the_verdict_comes_first_then_what_must_be_looked_at(bad: str) -> None:
    page = Page(bad)
    assert page.inside["h1"] == ["contextvar broke its promise on tasks in 3 cells."]
    sections = [each.get("id") for each in page.all("section")]
    assert sections == [None, "look", "matrix", "seen", "cells", "run", "words"]


def test_a_run_as_promised_has_nothing_to_look_at(good: str) -> None:
    assert "look" not in [each.get("id") for each in Page(good).all("section")]


def test_each_cell_can_be_read_without_script(bad_run: Run, bad: str) -> None:
    text = Page(bad).text
    for result in bad_run.cells[::11]:
        line = f"{standing(result)}{result.cell.scenario.partition(':')[0].rpartition('.')[2]}{saw(result)}"
        assert line in text.replace("&#39;", "'")
    assert "Without script a cell shows this one line" in text


def test_faults_are_drawn_on_the_page_itself(bad: str) -> None:
    look = bad[bad.index('id="look"') : bad.index('id="matrix"')]
    assert look.count('<svg class="lanes"') == 7
    assert "Fatal Python error: Segmentation fault" in look
    assert "scenarios/hooks_and_signals.py:31 in view" in look
    assert "ConnectionResetError" in look
    assert look.count("--scenario") == 7


def test_many_faults_are_cut_where_it_says_so(good_run: Run) -> None:
    faulty = [replace(result, grade=Grade.BROKEN) for result in good_run.cells]
    page = Page(render(replace(good_run, cells=tuple(faulty))))
    cards = [each for each in page.all("details") if each.get("class", "").startswith("card")]
    assert len(cards) == MOST_DRAWN
    assert f"{840 - MOST_DRAWN} more cells to look at" in page.text
    assert (
        f"{840 - MOST_DRAWN - MOST_LISTED} cells beyond these are in the list of every cell below."
        in page.text
    )


def test_each_cell_unpacks_its_own_details(bad_run: Run, bad: str) -> None:
    fragments = details(bad)
    numbers = {each["id"]: int(each["data-n"]) for each in Page(bad).all("details") if "data-n" in each}
    assert sorted(numbers.values()) == list(range(840))
    for result in bad_run.cells[::13]:
        assert result.repeat in fragments[numbers[result.cell.id]]
    for fragment in fragments[::50]:
        Page(fragment)
    crashed = numbers["werkzeug_local-greenlets-session_one_client"]
    assert "first):\n  File &#34;localimpl/werkzeug_local.py&#34;" in fragments[crashed]


def test_a_clean_cell_shows_its_bound_and_how_its_requests_ran(good_run: Run, good: str) -> None:
    number = next(
        int(each["data-n"])
        for each in Page(good).all("details")
        if each.get("id") == "contextvar-threads-read_back"
    )
    fragment = details(good)[number]
    assert re.search(r"0 of \d+: at 95 % below ", fragment)
    assert "How two of its requests ran" in fragment
    assert '<svg class="lanes"' in fragment


def test_the_page_asks_for_nothing(page: Page) -> None:
    assert not page.all("img")
    assert not page.all("iframe")
    assert not any("src" in attributes for _, attributes in page.elements)
    links = [attributes["href"] for _, attributes in page.elements if "href" in attributes]
    assert all(link.startswith("#") or link == "data:," for link in links)


def test_styles_ask_for_nothing(good: str) -> None:
    style = good[good.index("<style>") : good.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_only_the_pages_own_script_may_run(good: str) -> None:
    script = re.search(r"<script>(.*?)</script>", good, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    policy = next(
        each["content"]
        for each in Page(good).all("meta")
        if "content" in each and "default-src" in each["content"]
    )
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_ids_are_unique_and_links_arrive(page: Page) -> None:
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    targets = {
        attributes["href"][1:]
        for _, attributes in page.elements
        if attributes.get("href", "").startswith("#")
    }
    assert targets - set(ids) == set()
    named = {
        word for _, attributes in page.elements for word in attributes.get("aria-labelledby", "").split()
    }
    assert named - set(ids) == set()


def test_cells_of_one_name_get_ids_of_their_own(good_run: Run) -> None:
    twice = replace(good_run, cells=(*good_run.cells[:3], *(replace(each) for each in good_run.cells[:3])))
    ids = [each.get("id") for each in Page(render(twice)).all("details") if "data-n" in each]
    assert len(ids) == len(set(ids)) == 6


def test_headings_step_down_one_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_headers_have_scopes(page: Page) -> None:
    assert len(page.all("table")) == len(page.inside["caption"]) > 0
    assert all(caption.strip() for caption in page.inside["caption"])
    assert all(each.get("scope") in ("col", "row", "colgroup", "rowgroup") for each in page.all("th"))


def test_what_scrolls_can_be_reached_and_what_can_be_pressed_has_a_name(page: Page) -> None:
    assert all(text.strip() for text in page.inside["button"])
    scrolling = [each for _, each in page.elements if each.get("class") == "scroll"]
    assert scrolling
    assert all(each.get("tabindex") == "0" and each.get("aria-label") for each in scrolling)
    assert all(
        each.get("role") == "img" and each.get("aria-label")
        for each in page.all("svg")
        if each.get("class") == "lanes"
    )


def test_landmarks_and_language(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    for tag in ("header", "main", "footer", "nav", "title"):
        assert len(page.all(tag)) == 1


EVIL = '</script><script>alert("x")</script>&lt;{{ 7 * 7 }}'


def test_nothing_in_a_record_becomes_markup(bad_run: Run, made: SimpleNamespace) -> None:
    cells = tuple(
        replace(
            result,
            log=EVIL,
            repeat=EVIL,
            hung_at=(EVIL,),
            cell=replace(result.cell, scenario=f"{EVIL}:SCENARIO"),
        )
        for result in bad_run.cells[:40] + bad_run.cells[-40:]
    )
    subjects = tuple(
        replace(part, summary=EVIL, source=EVIL, name=f"{part.name}{EVIL}") for part in bad_run.subjects
    )
    run = replace(
        bad_run,
        cells=cells,
        subjects=subjects,
        notes=(EVIL,),
        command=EVIL,
        options={EVIL: EVIL},
        version=EVIL,
    )
    text = render(run)
    assert "<script>alert" not in text
    assert text.count("<script") == 2
    assert not any("<script" in fragment for fragment in details(text))
    assert EVIL.replace("&lt;", "<") not in text
    ids = [attributes["id"] for _, attributes in Page(text).elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not any(re.search(r"\s", name) for name in ids)


def test_an_empty_and_an_interrupted_run_have_a_page(good_run: Run, tmp_path: Path) -> None:
    write_page(replace(good_run, cells=()), tmp_path / "empty.html")
    assert "No cell was run, so nothing is known." in (tmp_path / "empty.html").read_text("utf-8")
    cut = Page(render(replace(good_run, interrupted=True, cells=good_run.cells[:7])))
    assert cut.inside["h1"] == ["The run was interrupted; this is what was known by then."]


def colours(css: str) -> dict[str, tuple[str, str]]:
    """The page's colours in light and in dark."""
    return {
        name: (light, dark)
        for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", css)
    }


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2: (L1 + 0.05) / (L2 + 0.05) of the relative luminances."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


PAIRS = [
    *((text, ground) for text in ("ink", "soft", "link", "leak") for ground in ("bg", "card")),
    *((f"lane{number}", "card") for number in range(4)),
    *((standing, f"{standing}-bg") for standing in ("kept", "caught", "unproven")),
    ("ink", "fill"),
]


@pytest.mark.parametrize(("text", "ground"), PAIRS, ids=[" on ".join(pair) for pair in PAIRS])
def test_text_can_be_told_from_its_ground(good: str, text: str, ground: str) -> None:
    found = colours(good)
    for mode in (0, 1):
        assert contrast(found[text][mode], found[ground][mode]) >= 4.5


def test_white_on_the_faults_can_be_read(good: str) -> None:
    grounds = re.findall(r"\{ color: #fff; background: (#\w+); \}", good)
    assert len(grounds) == 3
    assert all(contrast("#ffffff", ground) >= 4.5 for ground in grounds)
    assert round(contrast("#000000", "#ffffff")) == 21
