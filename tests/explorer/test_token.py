"""Tokens say again what they were told, survive a shell, and tell when they are damaged."""

import re
import string

import pytest

from harness.core.errors import UserError
from harness.core.exploration import Switch
from harness.core.feasibility import Feasibility
from harness.explorer.token import PREFIX, Token, decode, encode

SWITCHES = (
    Switch("", "begin", "", 0, 0, "r2"),
    Switch("r2", "pause", "scenarios/read_back.py", 14, 2, "r1"),
    Switch("r1/child", "store", "tests/größe.py", 3, 1, "clock"),
)
CELL = (
    "cell:localimpl.broken_thread_ident:SUBJECT|harness.hosts.greenlets:HOST|scenarios.read_back:SCENARIO"
    "|harness.targets.mini:TARGET|harness.gates.jitter:GATE"
)


def test_says_again_what_it_was_told() -> None:
    text = encode(
        "call:shop.carts:PROGRAM",
        "greenlets",
        ("shop/carts.py",),
        Feasibility.GIL_SWITCH,
        SWITCHES,
        seed=7,
        without=("r3",),
        bound=2,
        feasibility=Feasibility.FIFO,
    )
    assert decode(text) == Token(
        "call:shop.carts:PROGRAM",
        "greenlets",
        ("shop/carts.py",),
        Feasibility.GIL_SWITCH,
        SWITCHES,
        seed=7,
        without=("r3",),
        bound=2,
        feasibility=Feasibility.FIFO,
    )


def test_of_a_token_that_was_written_without_a_grade_all_else_is_read() -> None:
    text = (
        "x1.fL6PeYuGeKY4I79ALzmxCOi4gCB_9yBHX6A3ER4Ehi1IhT5YhR4w4mJ1jHXMQSFuDGQaYZGOhsYGNG4MdAxNgOpAkRMbGwsA"
    )
    token = decode(text)
    assert token.feasibility is None
    assert (token.reference, token.without, token.bound) == ("call:shop.carts:PROGRAM", ("r3",), 2)
    assert token.switches == (Switch("r1", "pause", "shop/carts.py", 14, 2, "r2"),)


def test_is_one_word_to_any_shell_and_to_a_double_click() -> None:
    text = encode(CELL, "greenlets", (), Feasibility.JITTER, SWITCHES)
    assert set(text) <= set(string.ascii_letters + string.digits + "-_.")
    assert text.startswith(PREFIX)


def test_of_a_cell_with_one_switch_is_short() -> None:
    text = encode(CELL, "greenlets", (), Feasibility.JITTER, SWITCHES[1:2])
    assert len(text) < len(CELL)


def test_names_files_from_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    switch = Switch("r1", "pause", "/srv/shop/views.py", 4, 1, "r2")
    token = decode(encode("call:a:B", "threads", ("/srv/shop/views.py",), Feasibility.JITTER, [switch]))
    assert token.files == ("srv/shop/views.py",)
    assert token.switches[0].file == "srv/shop/views.py"


def test_may_be_folded_by_a_terminal() -> None:
    text = encode(CELL, "greenlets", (), Feasibility.JITTER, SWITCHES)
    assert decode(f" {text[:30]}\n  {text[30:]}\n") == decode(text)


@pytest.mark.parametrize("at", range(len(PREFIX), 70, 3))
def test_a_changed_letter_is_noticed(at: int) -> None:
    text = encode("call:a:B", "threads", (), Feasibility.JITTER, SWITCHES)
    other = "A" if text[at] != "A" else "B"
    with pytest.raises(UserError, match="damaged"):
        decode(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize("length", [4, 5, 10, 40, -1])
def test_a_token_cut_short_is_noticed(length: int) -> None:
    text = encode("call:a:B", "threads", (), Feasibility.JITTER, SWITCHES)
    with pytest.raises(UserError, match="damaged"):
        decode(text[:length])


def test_letters_of_another_alphabet_are_noticed() -> None:
    with pytest.raises(UserError, match="damaged"):
        decode(f"{PREFIX}äöü")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no token: one begins with 'x1.'"),
        ("detangle:abc", "is no token"),
        ("x2.AAAA", "is of another version: it begins with x2., this one reads x1."),
    ],
)
def test_what_is_no_token_of_this_version_is_told(text: str, told: str) -> None:
    with pytest.raises(UserError, match=re.escape(told)):
        decode(text)
