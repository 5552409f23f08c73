"""Texts of somebody's app are shown without harm, cut around what matters, with each value's owner marked."""

from dataclasses import replace

from reports.app_marked import LONGEST, MOST_LINES, OWNER, VICTIM, cut, named, pieces, plain, printable
from tests.reports.app_runs import FOREIGN, HERS, MINE


def test_values_are_marked_with_their_owners() -> None:
    found = pieces(f"a {HERS} b {MINE}", FOREIGN)
    assert [(piece.text, piece.owner) for piece in found] == [
        ("a ", None),
        (HERS, OWNER),
        (" b ", None),
        (MINE, VICTIM),
    ]


def test_tokens_that_the_judge_names_are_marked_as_well() -> None:
    found = pieces("⟨token of u3v9⟩ ⟨user of u7⟩ ⟨token of u3v99⟩ ⟨clock⟩", FOREIGN)
    assert [(piece.text, piece.owner) for piece in found if piece.owner is not None] == [
        ("⟨token of u3v9⟩", OWNER),
        ("⟨user of u7⟩", VICTIM),
    ]


def test_a_text_without_values_is_one_piece_and_an_empty_one_none() -> None:
    assert [piece.owner for piece in pieces("nothing here", FOREIGN)] == [None]
    assert pieces("", FOREIGN) == []


def test_of_two_values_the_longer_is_marked_where_one_begins_the_other() -> None:
    shown = replace(FOREIGN, value=f"{HERS}-cart")
    assert [piece.text for piece in pieces(f"x{HERS}-cart{HERS}", shown)] == ["x", f"{HERS}-cart", HERS]


def test_a_short_value_is_not_marked_wherever_it_stands_by_chance() -> None:
    shown = replace(FOREIGN, owner=None, value="ok", victim=replace(FOREIGN.victim, token=""))
    assert [piece.owner for piece in pieces("look: ok", shown)] == [None]


def test_values_are_text_and_no_patterns() -> None:
    shown = replace(FOREIGN, value="a.*b(", owner=None)
    assert [piece.owner for piece in pieces("aXXb( a.*b(", shown)] == [None, OWNER]


def test_a_long_text_keeps_what_surrounds_the_foreign_value() -> None:
    text = "x" * 50_000 + HERS + "y" * 50_000
    found = pieces(text, FOREIGN)
    assert [piece.text for piece in found if piece.owner == OWNER] == [HERS]
    assert sum(len(piece.text) for piece in found) <= LONGEST + 4
    assert found[0].text.startswith("… ")
    assert found[-1].text.endswith(" …")


def test_a_value_far_down_in_many_lines_is_kept() -> None:
    text = "\n" * 400 + HERS + "\n" * 400
    found = pieces(text, FOREIGN)
    assert any(piece.owner == OWNER for piece in found)
    assert sum(piece.text.count("\n") for piece in found) < MOST_LINES


def test_a_short_text_is_left_as_it_is() -> None:
    text = "\n".join(map(str, range(MOST_LINES)))
    assert cut(text, 0) == text
    assert cut(f"{text}\nmore", 0) == f"{text} …"


def test_what_moves_a_cursor_or_turns_text_round_is_replaced() -> None:
    assert printable("a\x1b[31mb\x00\u202ec\ud800\r\nd\te") == "a�[31mb��c�\nd\te"
    assert printable("Zürich 東京 ▒ 🙂") == "Zürich 東京 ▒ 🙂"


def test_a_value_with_a_control_character_is_still_found() -> None:
    shown = replace(FOREIGN, value="ab\x00cd")
    assert [piece.owner for piece in pieces("x ab\x00cd", shown)] == [None, OWNER]


def test_without_colour_the_first_foreign_value_names_its_owner() -> None:
    found = pieces(f"{HERS} {HERS} {MINE}", FOREIGN)
    assert plain(found, "u3") == f"»{HERS}« (u3's) »{HERS}« {MINE}"
    assert plain(found, "") == f"{HERS} {HERS} {MINE}"
    assert named(found, "") == found
