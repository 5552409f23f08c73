"""Programs are found by what names them, and mistakes are told."""

import pytest

from harness.core.control import Program
from harness.core.errors import UserError
from harness.explorer.references import find
from tests.explorer.explored import OVERWRITTEN


def test_finds_a_program_by_its_import_string() -> None:
    assert find("call:tests.explorer.explored:OVERWRITTEN") is OVERWRITTEN


def test_asks_the_finder_of_its_kind_with_the_whole_reference() -> None:
    asked: list[str] = []

    def cell(reference: str) -> Program:
        asked.append(reference)
        return OVERWRITTEN

    assert find("cell:a|b", {"cell": cell}) is OVERWRITTEN
    assert asked == ["cell:a|b"]


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("", "names no program"),
        ("cell:a|b", r"call:… or test:… expected"),
        ("nonsense", "expected"),
        ("call:tests.explorer.explored:Requests", "is a type, not a program to explore"),
        ("call:tests.explorer.explored:pause", "is a function, not a program to explore"),
        ("call:tests.explorer.explored:OVERWRITEN", "did you mean"),
        ("call:tests.explorer.nowhere:X", "there is no module"),
    ],
)
def test_says_what_is_wrong_with_a_reference(reference: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        find(reference, {"test": lambda reference: OVERWRITTEN})
