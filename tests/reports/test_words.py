"""Every word that a report can use is explained, on the page and in the glossary alike."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from harness.core.reads import Seen
from harness.core.record import Ending
from harness.core.verdict import Anomaly, Grade, Need
from localimpl import Unit
from reports import words
from reports.matrix import ENDINGS
from reports.words import Standing, listed, plural

GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
TABLES: list[tuple[Mapping[Any, str], type[StrEnum]]] = [
    (words.STANDINGS, Standing),
    (words.SYMBOLS, Standing),
    (words.ANOMALIES, Anomaly),
    (words.NEEDS, Need),
    (words.SEEN, Seen),
    (words.UNITS, Unit),
]


@pytest.mark.parametrize(
    ("table", "kind"), TABLES, ids=["standing", "symbol", "anomaly", "need", "seen", "unit"]
)
def test_each_member_has_its_words(table: Mapping[Any, str], kind: type[StrEnum]) -> None:
    assert set(table) == set(kind)
    assert len(set(table.values())) == len(kind)


def test_each_grade_and_ending_has_a_standing() -> None:
    assert {Standing(grade.value) for grade in Grade} | set(ENDINGS.values()) == set(Standing)
    assert set(ENDINGS) == set(Ending) - {Ending.JUDGED}


def test_the_page_and_the_glossary_say_the_same() -> None:
    text = " ".join(GLOSSARY.read_text("utf-8").split())
    tables = (words.STANDINGS, words.ANOMALIES, words.SEEN, words.UNITS, words.TERMS)
    missing = [
        term for table in tables for term, said in table.items() if f"- **{term}**: {said}" not in text
    ]
    assert missing == []
    assert [need for need, said in words.NEEDS.items() if f"- **{need}**: {said}." not in text] == []


def test_numbers_and_lists_read_as_prose() -> None:
    assert [plural(number, "cell") for number in (0, 1, 1234)] == ["0 cells", "1 cell", "1,234 cells"]
    assert [listed(list(items)) for items in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert listed(["a", "b"], "or") == "a or b"
