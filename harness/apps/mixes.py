"""Something that an app wrote or sent with values of two in it, who should know nothing of each other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.apps.tokens import Found, Token
from harness.core.app_record import Sign

AROUND = 40
LONGEST = 400

Find = Callable[[str], list[Found]]
"""``Ledger.find``."""


@dataclass(frozen=True, slots=True)
class Mix:
    """One line of a log, or one outgoing call."""

    sign: Sign
    where: str
    """As in ``app.log:17`` or ``POST http://127.0.0.1:9000/pay``."""
    shown: str
    """The text from a little before the first value to a little behind the last."""
    tokens: tuple[Token, Token]
    """The first two that do not belong together, in the order in which they stand there."""


def mix_in(text: str, find: Find, sign: Sign, where: str) -> Mix | None:
    """Return what is mixed in a text, if anything is."""
    found = find(text)
    pair = _strangers(each.token for each in found)
    if pair is None:
        return None
    first, last = found[0].start, found[-1].end
    shown = text[max(0, first - AROUND) : last + AROUND]
    return Mix(sign, where, shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…", pair)


def _strangers(tokens: Iterable[Token]) -> tuple[Token, Token] | None:
    """Return the first two tokens of two users, or of two visits of one."""
    seen: list[Token] = []
    for token in tokens:
        for other in seen:
            visits = {other.visit, token.visit} - {""}
            if other.user != token.user or len(visits) == 2:
                return other, token
        seen.append(token)
    return None
