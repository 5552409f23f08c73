"""Slots: what stood alone at one place of an answer, which of its words varied there, and what else would fit."""

import re
from collections.abc import Iterable, Sequence

OWN = re.compile(r"⟨(?!earlier |another's |clock⟩|duration⟩|unit⟩)[^⟩]*⟩")
NOT_OWN = re.compile(r"(?<=⟨)(?:another's|earlier) ")
"""What sets a token of another visit apart from the request's own of the same name."""
_WORD = re.compile(r"⟨[^⟩]*⟩|[^\s\"'<>;&()\[\]{}|⟨⟩]+")
_NUMBER = re.compile(r"[^\w⟨]*\d[\d.,:_eE+-]*[^\W\d⟨]{0,3}\W*")
_DECIMAL = re.compile(r"-?\d+\.(\d+)")
# Printed with so few decimals, a number was rounded on purpose.
_ROUNDED = 6
_ELLIPSIS = "…"


def own_names(texts: Iterable[str]) -> frozenset[str]:
    """Return which of the request's own tokens stand in texts, as in ``⟨token⟩``."""
    return frozenset(name for text in texts for name in OWN.findall(text))


class Volatile:
    """Decides whether a word fits where several stood alone.

    Numbers stay numbers, of about as many decimals where these were few; ids keep a digit or their length, since a
    random one can lack digits. Among words anything fits.
    """

    __slots__ = ("_decimals", "_kind")

    def __init__(self, words: Iterable[str]) -> None:
        words = list(words)
        if all(_NUMBER.fullmatch(word) for word in words):
            self._kind = "number"
        else:
            self._kind = "id" if all(_has_digit(word) and len(word) > 5 for word in words) else "word"
        decimals = [match and len(match[1]) for match in map(_DECIMAL.fullmatch, words)]
        most = max((each for each in decimals if each is not None), default=0)
        self._decimals = most + 2 if None not in decimals and most <= _ROUNDED else None

    def fits(self, word: str) -> bool:
        if self._kind == "word":
            return True
        if not _has_digit(word):
            return self._kind == "id" and len(word) > 5
        if self._decimals is not None and (match := _DECIMAL.fullmatch(word)):
            return len(match[1]) <= self._decimals
        return True


class Slot:
    """One place: the values of each answer that had it, and a pattern of them when they were not always the same."""

    def __init__(self, samples: Sequence[frozenset[str]], anything: bool = False) -> None:
        self.values: frozenset[str] = frozenset().union(*samples)
        self.constant = len(set(samples)) == 1 and not anything
        self._anything = anything
        self.own = frozenset.intersection(*(own_names(sample) for sample in samples))
        """The request's own tokens that every answer had here."""
        self.volatile: tuple[int, ...] = ()
        """The numbers of the words that varied, counted from 0."""
        self._words: list[str | Volatile] | None = None
        self._gaps = ""
        self._head: list[str] = []
        self._tail: list[str] = []
        if not self.constant and not anything:
            self._generalise()

    def _generalise(self) -> None:
        split = [_WORD.findall(value) for value in self.values]
        gaps = {_WORD.sub("\0", value) for value in self.values}
        if len(gaps) == 1:
            self._gaps = gaps.pop()
            columns = [set(column) for column in zip(*split, strict=True)]
            self._words = [Volatile(words) if len(words) > 1 else next(iter(words)) for words in columns]
            self.volatile = tuple(n for n, words in enumerate(columns) if len(words) > 1)
        else:
            self._head = _shared(split)
            shortest = min(map(len, split)) - len(self._head)
            self._tail = _shared([words[::-1] for words in split], shortest)[::-1]

    def fits(self, value: str) -> bool:
        """Tell whether a value stood here alone, or differs from those only where they differ from each other."""
        if self._anything or value in self.values:
            return True
        if self.constant:
            return False
        words = _WORD.findall(value)
        if self._words is None:
            head, tail = self._head, self._tail
            return (
                len(words) >= len(head) + len(tail)
                and words[: len(head)] == head
                and (not tail or words[-len(tail) :] == tail)
            )
        if len(words) != len(self._words) or _WORD.sub("\0", value) != self._gaps:
            return False
        return all(
            known == word if isinstance(known, str) else known.fits(word)
            for known, word in zip(self._words, words, strict=True)
        )

    def tells(self, value: str) -> bool:
        """Tell whether a value fits by more than being volatile: by some fixed word."""
        if self._anything or not self.fits(value):
            return False
        words = [*self._head, *self._tail, *(word for word in self._words or () if isinstance(word, str))]
        return self.constant or any(word[0] != "⟨" for word in words)

    def masked(self) -> str:
        """Return what stands here alone, with an ellipsis for what varies."""
        if self.constant:
            return " | ".join(sorted(self.values))
        if self._words is None:
            return " ".join([*self._head, _ELLIPSIS, *self._tail])
        pieces = self._gaps.split("\0")
        words = [known if isinstance(known, str) else _ELLIPSIS for known in self._words]
        return "".join(piece + word for piece, word in zip(pieces, [*words, ""], strict=True))


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


def _shared(lists: Sequence[list[str]], most: int | None = None) -> list[str]:
    """Return the words with which all lists begin."""
    shared: list[str] = []
    for words in zip(*lists, strict=False):
        if len(set(words)) > 1 or len(shared) == most:
            break
        shared.append(words[0])
    return shared
