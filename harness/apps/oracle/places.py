"""Where in an answer tokens stand: each spot with the text around it, as a report names the place."""

from collections.abc import Iterator
from typing import NamedTuple

from harness.apps.exchanges import Visit
from harness.apps.oracle.readings import Reading, Whose, label, whose
from harness.apps.tokens import Ledger, Token

_AROUND = 40
_LONGEST_TOKEN = 20


class Spot(NamedTuple):
    """A token at a place; ``start`` and ``end`` are 0 where it stands there encoded."""

    token: Token
    place: str
    text: str
    start: int
    end: int


def spots(reading: Reading, ledger: Ledger) -> Iterator[Spot]:
    """Yield each token of an answer where it stands, headers and cookies first."""
    found: set[Token] = set()
    for place, text in _texts(reading):
        for token, start, end in ledger.find(text):
            found.add(token)
            yield Spot(token, place, text, start, end)
    if found >= reading.held.keys():
        return
    for place, text in (*reading.raw_fields, ("body", reading.raw_body)):
        for token in ledger.find_hidden(text):
            if token not in found:
                found.add(token)
                yield Spot(token, place, text, 0, 0)


def _texts(reading: Reading) -> Iterator[tuple[str, str]]:
    yield from reading.raw_fields
    if reading.form != "json":
        yield "body", reading.raw_body
        return
    for path, values in reading.raw_leaves():
        for value in values:
            yield f"body {path}", value


def around(spot: Spot, visit: Visit, ledger: Ledger) -> str:
    """Return the text around a spot with its tokens named: the visit's own in short, others with whose they are."""
    if not spot.end:
        return f"{label(spot.token)} encoded in {spot.text[: 2 * _AROUND]}"
    first = max(0, spot.start - _AROUND - _LONGEST_TOKEN)
    text = spot.text[first : spot.end + _AROUND + _LONGEST_TOKEN]
    pieces, done = [], 0
    for token, start, end in ledger.find(text):
        own = whose(token, visit) is Whose.OWN
        pieces += [text[done:start], f"⟨{token.name}⟩" if own else label(token)]
        done = end
    return " ".join("".join([*pieces, text[done:]]).split())
