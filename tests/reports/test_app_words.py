"""Every sign and term of a run against an app is explained, on the page and in the glossary alike."""

from pathlib import Path

from harness.core.app_record import Sign
from reports import app_words

GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"


def test_each_sign_has_its_sentence_and_rank() -> None:
    assert set(app_words.SIGNS) == set(app_words.RANK) == set(Sign)
    assert len(set(app_words.SIGNS.values())) == len(Sign)
    assert app_words.RANK[Sign.FOREIGN] < app_words.RANK[Sign.DIFFERS] < app_words.RANK[Sign.UNANSWERED]


def test_the_page_and_the_glossary_say_the_same() -> None:
    text = " ".join(GLOSSARY.read_text("utf-8").split())
    said = [*app_words.SIGNS.items(), *app_words.TERMS.items()]
    assert [term for term, sentence in said if f"- **{term}**: {sentence}" not in text] == []
