"""Reads what an app's process stamped: which request ran when, on which unit, beside or after which others."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.verdict import Anomaly

NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Residue:
    """What looks like a token and was found by the probe in a variable of the app."""

    mark: str
    """The request before or after which it was found; ``-`` where it had no mark."""
    variable: str
    """As in ``shop.cart:CURRENT``."""
    path: str
    """Where in it, as in ``.user['name']``; empty for the value itself."""
    token: str
    kind: str
    """``ContextVar`` or ``Local``, which a unit sees as its own; ``global``, which all see, caches among them."""
    when: str
    """``before`` the request began to run, ``after`` it was over, or ``throughout``: it found the value and neither
    cleared nor replaced it."""
    unit: str = ""
    """The unit that ran the request."""
    at: int = 0
    """The number of its line, as those of a ``Stay``."""


@dataclass(slots=True)
class Stay:
    """One request at the server: the numbers of the lines that say when it entered and left."""

    mark: str
    unit: str
    entered: int
    left: int = NEVER
    began: float | None = None
    """When it entered, by ``time.monotonic``, which all processes of a machine share."""
    ended: float | None = None

    @property
    def visit(self) -> str:
        """Return the label of its visit, as in ``u3v17``."""
        return self.mark.rpartition(".")[0]

    @property
    def user(self) -> str:
        """Return the label of its user, as in ``u3``."""
        return self.visit.rpartition("v")[0]

    def overlaps(self, other: "Stay") -> bool:
        """Tell whether there was a moment in which both were at the server."""
        return self.entered < other.left and other.entered < self.left


@dataclass(slots=True)
class Stamps:
    """The stamps read so far."""

    residues: list[Residue] = field(default_factory=list)
    _stays: dict[str, Stay] = field(default_factory=dict)
    _of: dict[str, list[Stay]] = field(default_factory=dict)
    """The stays of each visit and of each user, by label."""
    _first_on: dict[str, str] = field(default_factory=dict)
    """The first request of each unit."""
    _lines: int = 0

    def take(self, lines: Iterable[str]) -> None:
        """Add lines of a journal, in their order; a line that is none of ours is passed over."""
        for line in lines:
            self._lines += 1
            kind, _, rest = line.partition(" ")
            mark, _, rest = rest.partition(" ")
            if kind == "enter" and rest:
                unit, _, moment = rest.partition(" ")
                stay = self._stays[mark] = Stay(mark, unit, self._lines, began=_moment(moment))
                self._of.setdefault(stay.visit, []).append(stay)
                self._of.setdefault(stay.user, []).append(stay)
                self._first_on.setdefault(unit, mark)
            elif kind == "leave" and mark in self._stays:
                self._stays[mark].left = self._lines
                self._stays[mark].ended = _moment(rest)
            elif kind == "residue" and rest:
                variable, path, token, holder, when = json.loads(rest)
                unit = self.unit(mark)
                self.residues.append(Residue(mark, variable, path, token, holder, when, unit, self._lines))

    def relation(self, victim: str, owner: str) -> Anomaly | None:
        """Say how a visit or user (by label) could reach the request of another (by mark).

        Bleed when any request of the owner was at the server together with the victim; stale when some had left before
        the victim entered and none was there with it; None when neither is known.
        """
        stay = self._stays.get(victim)
        owned = self._of.get(owner, ())
        if stay is None:
            return None
        if any(other.overlaps(stay) for other in owned if other is not stay):
            return Anomaly.BLEED
        if any(other.left < stay.entered for other in owned):
            return Anomaly.STALE
        return None

    def was_over(self, owner: str, at: int) -> bool:
        """Tell whether all requests of a visit or user that had entered by a line had left by then."""
        entered = [stay for stay in self._of.get(owner, ()) if stay.entered < at]
        return bool(entered) and all(stay.left < at for stay in entered)

    def times(self, mark: str) -> tuple[float, float] | None:
        """Return when a request entered and left, by ``time.monotonic``; None while either is not known."""
        stay = self._stays.get(mark)
        return None if stay is None or stay.began is None or stay.ended is None else (stay.began, stay.ended)

    def unit(self, mark: str) -> str:
        """Return the label of the unit that ran a request; empty where it was not stamped."""
        stay = self._stays.get(mark)
        return stay.unit if stay else ""

    def entered(self, mark: str) -> bool:
        """Tell whether a request reached the app."""
        return mark in self._stays

    @property
    def lines(self) -> int:
        """How many lines were read: as long as they become more, the app is at work."""
        return self._lines

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The marks of requests that entered and have not left."""
        return tuple(mark for mark, stay in self._stays.items() if stay.left == NEVER)

    def overlap(self, marks: Iterable[str]) -> int:
        """Count the requests that were at the server together with another of these."""
        stays = sorted(self._known(marks), key=lambda stay: stay.entered)
        together = 0
        furthest = 0
        for number, stay in enumerate(stays):
            # The next to enter is the first that can overlap it; those before reach as far as the furthest of them.
            follows = number + 1 < len(stays) and stays[number + 1].entered < stay.left
            together += follows or stay.entered < furthest
            furthest = max(furthest, stay.left)
        return together

    def reuse(self, marks: Iterable[str]) -> int:
        """Count the requests that ran on a unit on which another had run before."""
        return sum(self._first_on[stay.unit] != stay.mark for stay in self._known(marks))

    def _known(self, marks: Iterable[str]) -> Sequence[Stay]:
        return [stay for mark in marks if (stay := self._stays.get(mark))]


def _moment(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


class Journal(Stamps):
    """The stamps in a file that is being written; without a file there are none."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._path = path
        self._position = 0
        self._cut = b""

    def read(self) -> None:
        """Take the lines that came since the last time."""
        if self._path is None or not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._position)
            data = self._cut + file.read()
            self._position = file.tell()
        *lines, self._cut = data.split(b"\n")
        self.take(line.decode("utf-8", "replace") for line in lines)
