"""Takes together what proves a sighting: what was asked, what comes back alone, what came instead."""

from dataclasses import dataclass

from harness.core.app_record import AppRun, Sighting, Sign
from reports.app_marked import LONGEST, OWNER, cut, pieces, printable
from reports.lanes import Piece

APART = frozenset({Sign.LEFT_BEHIND, Sign.LOG, Sign.CALL})
"""The signs that show elsewhere than in an answer."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Texts in pieces, each with whose value it is; empty where the record has none."""

    asked: tuple[Piece, ...]
    """What the victim sent."""
    owner_asked: tuple[Piece, ...]
    """What the owner of the foreign value sent."""
    alone: tuple[Piece, ...]
    """What the victim's request gets when it is sent alone."""
    got: tuple[Piece, ...]
    """What it got, or where else the foreign value stood."""
    label: str
    """What ``got`` is."""
    apart: bool
    """Whether the sign shows elsewhere than in an answer."""
    place: tuple[Piece, ...]
    """The place where it stood, when ``got`` does not show it."""


def proof(shown: Sighting, run: AppRun, most: int = LONGEST) -> Proof:
    """Return what proves a sighting, each text cut to ``most`` characters."""
    victim, owner = shown.victim, shown.owner
    apart = shown.sign in APART
    got = tuple(pieces(shown.shown if apart else victim.got or shown.shown, shown, most))
    # Where the whole answer shows a foreign value, the place alone says nothing more.
    told = apart or not victim.got or any(piece.owner == OWNER for piece in got) or shown.shown in victim.got
    alone = cut(printable(_alone(shown, run)).strip("\n"), 0, most)
    return Proof(
        asked=tuple(pieces(victim.sent, shown, most)),
        owner_asked=tuple(pieces(owner.sent, shown, most)) if owner and owner.visit != victim.visit else (),
        alone=(Piece(alone),) if alone else (),
        got=got,
        label=LABELS.get(shown.sign, f"{victim.user} got"),
        apart=apart,
        place=() if told else tuple(pieces(shown.shown, shown, most)),
    )


LABELS = {Sign.LEFT_BEHIND: "it held", Sign.LOG: "the line", Sign.CALL: "the call"}


def _alone(shown: Sighting, run: AppRun) -> str:
    """Return the whole answer that the endpoint gives alone, where the sighting is of an answer."""
    if shown.sign in APART:
        return shown.expected
    return next((each.alone for each in run.endpoints if each.name == shown.endpoint), "") or shown.expected
