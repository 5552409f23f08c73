"""The text of an explanation: columns, marks, folding, narrow and plain terminals."""

import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.core.exploration import Explanation, Line
from harness.core.feasibility import Feasibility
from reports.explained_text import explained_text, print_explanation
from tests.explanations import explanation

FILE = "shop/whoami.py"
STORE = 'local.set("user", own.wrote("user"))'
LOOK = 'own.look("user", local.get, "user")'
COLOUR = re.compile(r"\x1b\[(?:\d;)*3\dm")
TOKEN = "x1.abcDEF-_0123456789" * 8


def line(unit: str, number: int, code: str, kind: str = "line", **more: str) -> Line:
    return Line(unit, FILE if code else "", number, code, kind, **more)


LINES = (
    line("r1", 0, "", "begin"),
    line("r1", 12, STORE, "wrote", name="user", value="r1-0123456789ab.1"),
    line("r1", 14, "yield PAUSE"),
    line("r1", 14, "yield PAUSE", "switch", name="r2", mark="switch"),
    line("r2", 0, "", "begin"),
    line("r2", 12, STORE, "wrote", name="user", value="r2-0123456789ab.1", mark="write"),
    line("r2", 0, "", "end"),
    line("r1", 15, LOOK, "read", name="user", value="r2-0123456789ab.1", mark="read"),
)
EXPLANATION = explanation(
    "r1 wrote `user`, was overtaken by r2 at shop/whoami.py:14, then read r2's value.",
    lines=LINES,
    token=TOKEN,
)
WHOLE = """\
r1 wrote `user`, was overtaken by r2 at shop/whoami.py:14, then read r2's value.
bleed · 1 preemption: I/O or timer jitter makes it

        shop/whoami.py
        r1                                  r2
        │    begins
        │ 12 local.set("user", own.wrote("…
        │    user = r1.1
        │ 14 yield PAUSE
switch  │    overtaken by r2 ─────────────▶
        ┊                                   │    begins
        ┊                                   │ 12 local.set("user", own.wrote("u…
 write  ┊                                   │    user = r2.1
        ◀────────────────────────────────── │    ends
        │ 15 own.look("user", local.get, "…
  read  │    user is r2.1, r2's
"""


def printed(explanation: Explanation, width: int = 100, **options: object) -> str:
    file = io.StringIO()
    print_explanation(explanation, Console(file=file, width=width, **options))  # type: ignore[arg-type]
    return file.getvalue()


def test_columns_sentence_marks_and_the_line_that_replays_it() -> None:
    assert explained_text(EXPLANATION, 80) == f"{WHOLE}\nreplay: ctxstress replay {TOKEN}"


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_but_the_command_is_wider_than_the_terminal_or_a_hundred(width: int) -> None:
    *lines, last = explained_text(EXPLANATION, width).splitlines()
    assert max(map(cell_len, lines)) <= min(width, 100)
    assert last.endswith(TOKEN)


def test_a_source_of_wide_letters_keeps_its_column() -> None:
    wide = tuple(
        replace(each, code="挨拶 = '" + "今日は" * 20 + "'") if each.code else each for each in LINES
    )
    text = explained_text(replace(EXPLANATION, lines=wide), 80)
    begins = {cell_len(row[: row.index("│", 9)]) for row in text.splitlines() if "┊" in row}
    assert begins == {44}


def test_where_there_is_no_room_for_columns_there_is_a_list() -> None:
    units = ("alice", "bob", "carol", "dave")
    told = replace(EXPLANATION, units=units, lines=tuple(line(unit, 14, "yield PAUSE") for unit in units))
    text = explained_text(told, 80)
    assert [row.split() for row in text.splitlines() if "PAUSE" in row] == [
        [unit, "14", "yield", "PAUSE"] for unit in units
    ]


def test_is_plain_where_colours_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(printed(EXPLANATION, force_terminal=True, color_system="standard"))
    monkeypatch.delenv("NO_COLOR")
    assert COLOUR.search(printed(EXPLANATION, force_terminal=True, color_system="standard"))


def test_the_proof_stands_out_where_there_are_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = printed(EXPLANATION, force_terminal=True, color_system="standard")
    assert re.search(r"\x1b\[1;31m[^\x1b]*user is r2\.1, r2's", text)
    assert re.search(r"\x1b\[1;33m[^\x1b]*user = r2\.1", text)
    assert not re.search(r"\x1b\[1;3[13]m[^\x1b]*user = r1\.1", text)


def test_a_terminal_of_plain_letters_gets_plain_letters() -> None:
    class Ascii(io.StringIO):
        encoding = "ascii"

    file = Ascii()
    print_explanation(EXPLANATION, Console(file=file, width=80))
    text = file.getvalue()
    assert text.isascii()
    assert "overtaken by r2 ------------->" in text
    assert re.search(r"^ write  :  +\|    user = r2\.1", text, re.MULTILINE)
    assert [cell_len(row.rstrip()) for row in text.splitlines()] == [
        cell_len(row) for row in explained_text(EXPLANATION, 80).splitlines()
    ]


def test_brackets_in_the_source_are_no_styles() -> None:
    odd = tuple(replace(each, code="names[bold] = [/]") if each.code else each for each in LINES)
    assert "names[bold] = [/]" in explained_text(replace(EXPLANATION, lines=odd), 80)


def test_each_file_is_named_where_there_are_several() -> None:
    other = replace(LINES[2], file="shop/local.py", line=90, code="return self._value")
    text = explained_text(replace(EXPLANATION, lines=(*LINES[:2], other, *LINES[3:])), 80)
    assert text.count("shop/local.py") == 1
    assert text.count("│    shop/whoami.py") == 3


def test_of_many_lines_those_that_prove_it_stay() -> None:
    filler = tuple(line("r1", number, f"step({number})") for number in range(100, 140))
    between = tuple(line("r2", number, f"step({number})") for number in range(100, 140))
    told = replace(EXPLANATION, lines=(*LINES[:2], *filler, *LINES[2:6], *between, *LINES[6:]))
    text = explained_text(told, 80)
    assert len(text.splitlines()) < 40
    for kept in ("user = r1.1", "overtaken by r2", "user = r2.1", "user is r2.1, r2's"):
        assert kept in text
    assert re.search(r"│     ⋮ \d+ more lines", text)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            line("r1", 0, "", "switch", value="the lock held by r2", mark="switch"),
            "waits for the lock held by r2",
        ),
        (line("r1", 0, "", "end", value="returned 'bob'"), "returned 'bob'"),
        (line("r1", 0, "", "read", name="user", value="<absent>"), "user is nothing"),
        (line("r1", 0, "", "expect", name="user", value="<absent>"), "user should be nothing"),
        (line("r1", 0, "", "updated", name="total", value="3, 4"), "total: 3 → 4"),
        (line("r1", 0, "", "began", name="total"), "begins to update total"),
        (line("r1", 0, "", "revoked", name="session", value="s1"), "ends session s1"),
        (line("r1", 0, "", "residue", name="user", value="x"), "is over, user still stored"),
        (line("r1", 0, "", "failed", value="KeyError: 'user'"), "fails: KeyError: 'user'"),
        (line("r1", 0, "", "cancelled"), "is cut short"),
        (line("r1", 0, "", "replied", value="r2-0123456789ab"), "its client gets the answer to r2"),
        (line("r1", 0, "", "wrote", name="total"), "writes total"),
        (line("r1", 0, "", "read", name="total"), "reads total"),
        (
            line("r1", 0, "", "read", name="a+b", value="r1-0123456789ab.1, r2-0123456789ab.2"),
            "a+b is r1.1, r2.2",
        ),
    ],
)
def test_every_kind_of_line_is_said_in_words(what: Line, said: str) -> None:
    text = explained_text(replace(EXPLANATION, lines=(what,), units=("r1",)))
    assert any(row.endswith(f"│   {said}") for row in text.splitlines()), text


def test_what_has_no_lines_is_a_sentence() -> None:
    text = explained_text(replace(EXPLANATION, lines=(), units=(), token=""))
    assert text == "\n".join(WHOLE.splitlines()[:2]) + "\n"


@pytest.mark.parametrize(
    ("preemptions", "said"), [(0, "0 preemptions"), (1, "1 preemption:"), (2, "2 preemptions")]
)
def test_preemptions_are_counted_in_words(preemptions: int, said: str) -> None:
    assert said in explained_text(replace(EXPLANATION, preemptions=preemptions))


@pytest.mark.parametrize("feasibility", Feasibility)
def test_each_scheduler_has_words(feasibility: Feasibility) -> None:
    told = explained_text(replace(EXPLANATION, feasibility=feasibility)).splitlines()[1]
    assert told.startswith("bleed · 1 preemption: ")


@pytest.mark.parametrize(
    ("kind", "words"),
    [("deadlock", "each going on for as long as it can will do"), ("bleed", "one after the other will do")],
)
def test_who_waits_in_a_deadlock_is_not_one_after_the_other(kind: str, words: str) -> None:
    told = explained_text(replace(EXPLANATION, kind=kind, preemptions=0, feasibility=Feasibility.SEQUENTIAL))
    assert told.splitlines()[1] == f"{kind} · 0 preemptions: {words}"
