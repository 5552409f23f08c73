"""Makes text from somebody's app fit to be shown: harmless to a terminal, cut, and with each value's owner marked."""

import re
import unicodedata
from collections.abc import Sequence

from harness.core.app_record import Sighting
from reports.lanes import Piece

OWNER, VICTIM = 0, 1
"""The owners of pieces: whose value turned up, and who got it."""
LONGEST = 1200
MOST_LINES = 24
SHORTEST_VALUE = 4
"""Shorter values stand in a text by chance, so that a mark on them would mislead."""


def printable(text: str) -> str:
    """Replace what would move a cursor, ring, colour or turn round what follows; lines and tabs stay."""
    return "".join("\ufffd" if _unfit(letter) else letter for letter in text.replace("\r\n", "\n"))


def _unfit(letter: str) -> bool:
    return letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def pieces(text: str, sighting: Sighting, most: int = LONGEST) -> list[Piece]:
    """Split a text at the values of the two visits; of a long one, what surrounds the first foreign value stays."""
    owners = _owners(sighting)
    text = printable(text).strip("\n")
    if not owners:
        return [Piece(cut(text, 0, most))] if text else []
    pattern = re.compile("|".join(f"({each})" for each, _ in owners))

    def owner_of(match: re.Match[str]) -> int:
        return owners[(match.lastindex or 1) - 1][1]

    foreign = next((match.start() for match in pattern.finditer(text) if owner_of(match) == OWNER), 0)
    text = cut(text, foreign, most)
    found: list[Piece] = []
    at = 0
    for match in pattern.finditer(text):
        found += [Piece(text[at : match.start()])] * (match.start() > at)
        found.append(Piece(match[0], owner_of(match)))
        at = match.end()
    return [*found, *[Piece(text[at:])] * (at < len(text))]


def _owners(sighting: Sighting) -> list[tuple[str, int]]:
    """Return patterns of the two visits' values with their owners, the longest first: values, and names of them."""
    values = {sighting.victim.token: VICTIM}
    names = dict.fromkeys((sighting.victim.visit, sighting.victim.user), VICTIM)
    if sighting.owner:
        values[sighting.owner.token] = OWNER
        names |= dict.fromkeys((sighting.owner.visit, sighting.owner.user), OWNER)
    if sighting.value:
        values[sighting.value] = OWNER
    found = {
        re.escape(printable(value)): owner for value, owner in values.items() if len(value) >= SHORTEST_VALUE
    }
    # The judge names tokens where it shows a place, as in ⟨token of u3v17⟩.
    found |= {
        f"⟨[^⟨⟩]{{1,40}} of {re.escape(printable(name))}⟩": owner for name, owner in names.items() if name
    }
    return sorted(found.items(), key=lambda each: len(each[0]), reverse=True)


def cut(text: str, around: int, most: int = LONGEST) -> str:
    """Cut a text to a number of characters and lines, so that the place ``around`` stays in it."""
    start = 0 if around < most // 2 else around - most // 2
    kept = text[start : start + most]
    lines = kept.split("\n")
    here = text.count("\n", start, max(start, around))
    first = 0 if here < MOST_LINES - 4 else here - 4
    kept = "\n".join(lines[first : first + MOST_LINES])
    before = "… " if start or first else ""
    after = " …" if start + most < len(text) or first + MOST_LINES < len(lines) else ""
    return f"{before}{kept}{after}"


def named(parts: Sequence[Piece], whose: str) -> list[Piece]:
    """Set foreign values in guillemets, the first with its owner's name, so that they stand out without colour."""
    found: list[Piece] = []
    for piece in parts:
        if piece.owner != OWNER or not whose:
            found.append(piece)
            continue
        found.append(Piece(f"»{piece.text}«", OWNER))
        if not any(each.owner == OWNER for each in found[:-1]):
            found.append(Piece(f" ({printable(whose)}'s)"))
    return found


def plain(parts: Sequence[Piece], whose: str) -> str:
    """Return pieces as text, named; nothing is marked where ``whose`` is empty."""
    return "".join(piece.text for piece in named(parts, whose))
