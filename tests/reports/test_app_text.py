"""A terminal of 80 columns shows the verdict and both requests first, in words that need no colour."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core.app_record import AppRun, Sign
from reports.app_text import LOG_LINES, MOST_CAUSES, print_app
from reports.text import console
from tests.reports.app_runs import CLEAN, FOREIGN, HERS, MIXED, REPEAT, RUNS, spoilt


def printed(run: AppRun, page: Path | None = None, width: int = 80) -> str:
    file = io.StringIO()
    print_app(run, console(file, width), page)
    return file.getvalue()


def told(text: str) -> str:
    """The text with its line breaks undone."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", RUNS)
def test_the_first_line_is_the_verdict_and_lines_fit(name: str) -> None:
    text = printed(RUNS[name])
    first = text.split()[0]
    assert first == {"mixed": "GET", "differs": "GET", "left_behind": "shop.cart:CURRENT", "clean": "No"}.get(
        name, "The" if name == "interrupted" else "Nothing"
    )
    lines = [line for line in text.splitlines() if not line.startswith("repeat: ")]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in text


def test_both_requests_and_what_comes_back_alone_stand_above_the_tables() -> None:
    text = printed(MIXED)
    places = [
        text.index(part)
        for part in (
            "u7 sent",
            "alone it gets",
            "u7 got",
            f"»{HERS}« (u3's)",
            "u3 sent",
            "repeat:",
            "endpoint ",
        )
    ]
    assert places == sorted(places)
    assert f"GET /orders/{HERS} HTTP/1.1" in text
    assert "0.300 to 0.320 s, on greenlet-2" in text


def test_the_command_is_one_line_to_copy() -> None:
    assert f"\nrepeat: {REPEAT}\n" in printed(MIXED, width=60)


def test_tables_count_what_was_found_elsewhere() -> None:
    text = printed(MIXED)
    assert re.search(r"GET /orders/\{token\} +2,012 +2,000 +41 +0\n", text)
    assert re.search(r"POST /login +2,000 +1,993 +0 +7\n", text)
    assert "masked: header X-Request-Id, body: at" in text
    assert re.search(r"io-delay, 8 clients +2,000 +1,996 +1,992 +another's value 38×", text)
    assert "Each wait of the app for I/O takes 1 to 5 ms longer." in told(
        re.sub(r" {20,}", " ", printed(MIXED, width=100))
    )


def test_reuse_is_no_zero_where_it_is_not_known() -> None:
    assert re.search(r"1,702 +– +none", printed(replace(CLEAN, stamped=False)))


def test_what_was_allowed_and_the_notes_are_told() -> None:
    text = told(printed(CLEAN))
    assert "allowed: /products names of sellers (1,204×)" in text
    assert "note: The probe is not in the app" in text


def test_an_app_that_did_not_start_shows_the_end_of_its_log() -> None:
    text = printed(RUNS["no_start"])
    assert "    KeyError: 'DATABASE_URL'" in text.replace("  KeyError", "    KeyError")
    long = replace(RUNS["no_start"], log="\n".join(f"line {number}" for number in range(500)))
    lines = printed(long).splitlines()
    assert sum(line.startswith("  line ") for line in lines) == LOG_LINES
    assert "  line 499" in lines


def test_an_app_of_500s_is_told_to_fail_alone_as_well() -> None:
    assert "failed 6× when sent alone" in printed(RUNS["all_500"])


def test_a_differing_answer_stands_below_the_one_it_gets_alone() -> None:
    text = printed(RUNS["differs"])
    assert text.index('"owner": "{user}"') < text.index('{"order": null, "items": 0}')


def test_many_causes_are_cut_and_the_cut_is_told() -> None:
    many = replace(
        MIXED, sightings=tuple(replace(FOREIGN, endpoint=f"GET /{number}") for number in range(12))
    )
    assert f"… and {12 - MOST_CAUSES} more causes on the page and in app.json" in printed(many)


def test_the_page_is_named_last(tmp_path: Path) -> None:
    assert printed(CLEAN, tmp_path / "index.html").rstrip().endswith("index.html")


def test_colour_marks_values_on_a_terminal_and_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def shown() -> str:
        file = Terminal()
        print_app(MIXED, console(file, 80))
        return file.getvalue()

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert f"\x1b[1;31m»{HERS}«" in shown()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in shown()
    assert f"»{HERS}«" in shown()


def test_a_hostile_app_cannot_steer_the_terminal() -> None:
    for name in ("mixed", "no_start", "interrupted"):
        text = printed(spoilt(RUNS[name]))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
        assert '<script>alert("x")</script>' in told(text)


def test_brackets_are_no_styles() -> None:
    shown = replace(FOREIGN, endpoint="GET /[bold]x[/]")
    assert "GET /[bold]x[/] gave" in printed(replace(MIXED, sightings=(shown,)))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_the_letters_still_gets_the_report(encoding: str) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    print_app(replace(MIXED, app="東京:app"), console(file, 80))
    file.flush()
    text = raw.getvalue().decode(encoding)
    assert text.startswith("GET /orders/{token} gave u3's data to u7")
    assert "###" in text
    assert "failed" in text


@pytest.mark.parametrize("sign", Sign)
def test_each_sign_prints_with_and_without_an_owner(sign: Sign) -> None:
    shown = replace(FOREIGN, sign=sign)
    for each in (shown, replace(shown, owner=None, value="")):
        assert "seen" in printed(replace(MIXED, sightings=(each,)))
