"""The page of an app run is well-formed, asks for nothing, shows both requests first, and lets no value be markup."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from harness.core.app_record import AppRun, Sign
from harness.core.verdict import Outcome
from reports import app_words
from reports.app_page import MOST_CAUSES, MOST_ENDPOINTS, MOST_SIGHTINGS, render_app, shares
from tests.reports.app_runs import CLEAN, ENDPOINTS, EVIL, FOREIGN, HERS, MIXED, REPEAT, RUNS, another, spoilt

VOID = {"meta", "link", "br", "img", "path", "rect", "circle", "use"}


class Page(HTMLParser):
    """A page's elements, its text by element, and what was never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.unclosed = list(self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.inside.setdefault(tag, []).append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.inside[tag][-1] += data

    def of_class(self, name: str) -> int:
        return sum(name in attributes.get("class", "").split() for _, attributes in self.elements)


PAGES = {name: Page(render_app(run)) for name, run in [*RUNS.items(), ("spoilt", spoilt(MIXED))]}
every = pytest.mark.parametrize("name", PAGES)


def words(text: str) -> str:
    return " ".join(text.split())


@every
def test_it_is_well_formed_and_asks_for_nothing(name: str) -> None:
    page = PAGES[name]
    assert page.unclosed == []
    assert not any("src" in attributes for _, attributes in page.elements)
    links = [attributes["href"] for _, attributes in page.elements if "href" in attributes]
    assert all(link.startswith("#") or link == "data:," for link in links)
    text = render_app(CLEAN)
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


@every
def test_ids_are_unique_and_links_arrive(name: str) -> None:
    page = PAGES[name]
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert [each for each, count in ids.items() if count > 1] == []
    wanted = {each["href"][1:] for _, each in page.elements if each.get("href", "").startswith("#")}
    wanted |= {word for _, each in page.elements for word in each.get("aria-labelledby", "").split()}
    assert wanted - set(ids) == set()


@every
def test_it_can_be_read_aloud_and_reached_by_keyboard(name: str) -> None:
    page = PAGES[name]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    tables = [each for each in page.elements if each[0] == "table"]
    assert len(tables) == len(page.inside.get("caption", [])) > 0
    assert all(each.get("scope") in ("col", "row") for tag, each in page.elements if tag == "th")
    scrolling = [each for _, each in page.elements if each.get("class") == "scroll"]
    assert all(each.get("tabindex") == "0" and each.get("aria-label") for each in scrolling)
    assert all(each.get("tabindex") == "0" for tag, each in page.elements if tag == "pre")


@pytest.mark.parametrize("name", RUNS)
def test_the_tone_of_the_verdict_is_never_green_but_for_a_clean_run(name: str) -> None:
    tones = {Outcome.MIXED: "bad", Outcome.ISOLATED: "good", Outcome.INCONCLUSIVE: "open"}
    assert PAGES[name].of_class(tones[RUNS[name].outcome]) >= 1
    assert any(
        each.get("class") == f"verdict {tones[RUNS[name].outcome]}" for _, each in PAGES[name].elements
    )
    assert bool(shares(RUNS[name])) == (name in ("mixed", "clean", "differs", "doubtful"))


def test_what_chance_may_explain_is_shown_and_not_in_red() -> None:
    page, doubted = render_app(RUNS["differs"]), render_app(RUNS["doubtful"])
    for red in ("card s-broken", "tag s-broken", 'tr class="bad"', "n leak"):
        assert red in page
        assert red not in doubted
    assert [(each.label, each.tone) for each in shares(RUNS["doubtful"])] == [
        ("not told", "unproven"),
        ("answered as alone", "kept"),
    ]


def test_the_heading_is_the_verdict_with_its_measures() -> None:
    assert words(PAGES["mixed"].inside["h1"][0]) == (
        "GET /orders/{token} gave u3's data to u7: 41 of 2,000 answers, first after 12 requests (0.3 s), "
        "8 clients at once on gunicorn_gevent; 2 clients are enough."
    )
    assert words(PAGES["clean"].inside["h1"][0]).startswith("No answer held another's data in 6,020 requests")
    assert words(PAGES["no_start"].inside["h1"][0]).endswith("set it with --env DATABASE_URL=VALUE.")


def test_the_two_requests_stand_side_by_side_with_the_foreign_value_marked() -> None:
    text = render_app(MIXED)
    first = text[text.index('id="look"') : text.index("</details>", text.index('id="look"'))]
    heads = ('w1">u7<', 'w0">u3<', 'class="lanes', "Alone, this request gets", "This time u7 got")
    places = [first.index(part) for part in heads]
    assert places == sorted(places)
    got = first[first.index("This time u7 got") :]
    assert f'<mark class="theirs">{HERS}</mark><span class="whose">u3’s</span>' in got
    assert "in flight 0.296 to 0.312 s, on greenlet-4" in first
    assert "{&#34;order&#34;: &#34;{token}&#34;" in first


def test_only_the_worst_cause_is_open() -> None:
    cards = [
        each for tag, each in PAGES["mixed"].elements if tag == "details" and "card" in each.get("class", "")
    ]
    assert [("open" in each) for each in cards] == [True, False, False]
    assert "s-crashed" in cards[-1]["class"]


def test_a_differing_answer_stands_beside_the_one_it_gets_alone() -> None:
    pres = PAGES["differs"].inside["pre"]
    assert '"owner": "{user}"' in pres[1]
    assert '{"order": null, "items": 0}' in pres[2]


def test_what_was_left_behind_names_its_variable() -> None:
    text = render_app(RUNS["left_behind"])
    assert "Then shop.cart:CURRENT held" in text
    assert "0.558 s between, not to scale" in text


def test_the_log_of_an_app_that_did_not_start_is_shown() -> None:
    assert any("Worker failed to boot" in each for each in PAGES["no_start"].inside["pre"])
    assert "The app's last lines" not in PAGES["clean"].inside["h2"]


def test_the_command_can_be_copied_and_stands_once_where_both_are_the_same() -> None:
    assert [words(each) for each in PAGES["clean"].inside["code"]].count(CLEAN.command) == 1
    assert {REPEAT, MIXED.command} <= {words(each) for each in PAGES["mixed"].inside["code"]}


def test_tables_tell_of_what_was_not_found_elsewhere() -> None:
    text = words(PAGES["mixed"].inside["main"][0])
    for part in (
        "GET /products 200 × 2,008",
        "nothing of its own",
        "Each wait of the app for I/O takes 1 to 5 ms longer.",
        "another's value 38×",
        "/products names of sellers",
        "1,204",
        "The probe is not in the app",
        "CPython 3.11.7",
    ):
        assert part in text


def test_every_sign_and_term_is_explained_on_the_page() -> None:
    said = PAGES["mixed"].inside["dd"]
    assert set(app_words.SIGNS.values()) | set(app_words.TERMS.values()) <= set(said)


@pytest.mark.parametrize("name", RUNS)
def test_nothing_in_a_record_becomes_markup(name: str) -> None:
    text = render_app(spoilt(RUNS[name]))
    assert "<script>alert" not in text
    assert text.count("<script") == 1
    assert EVIL not in text
    assert "7 * 7" in text
    assert "49" not in Page(text).inside["h1"][0]


@pytest.mark.parametrize("sign", Sign)
def test_each_sign_has_a_page_with_and_without_an_owner(sign: Sign) -> None:
    shown = replace(FOREIGN, sign=sign)
    for each in (shown, replace(shown, owner=None, value="", expected="")):
        page = Page(render_app(replace(MIXED, sightings=(each,), endpoints=())))
        assert page.unclosed == []
        assert page.of_class("card") == 1


def test_what_is_long_is_cut_and_the_cut_is_told() -> None:
    many = [replace(FOREIGN, endpoint=f"GET /{number}") for number in range(MOST_CAUSES + 5)]
    same = [another(number) for number in range(4, 4 + MOST_SIGHTINGS + 6)]
    endpoints = tuple(replace(ENDPOINTS[2], name=f"GET /{number}") for number in range(MOST_ENDPOINTS + 3))
    huge = replace(FOREIGN, victim=replace(FOREIGN.victim, got="x" * 10**6 + HERS, sent="y" * 10**6))
    run: AppRun = replace(MIXED, sightings=(*many, *same, huge), endpoints=endpoints, log="z\n" * 10**5)
    text = render_app(run)
    assert len(text) < 1_000_000
    assert "more causes in app.json" in text
    assert "3 more endpoints in app.json" in text
    assert f"sightings in the record, the first {MOST_SIGHTINGS} here" in text
    assert "x" * 5000 not in text
