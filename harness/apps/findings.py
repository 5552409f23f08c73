"""Gathers what the judge finds while clients flood, and makes the sightings of the record from it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil

from harness.apps.exchanges import Exchange
from harness.apps.oracle.clues import Clue
from harness.apps.tokens import Token
from harness.core.app_record import Sighting, Sign, Who
from harness.core.verdict import Anomaly

MOST_KEPT = 40
"""Exchanges kept for each sign at each endpoint; of the others only the number."""
MOST_SHOWN = 3
"""Sightings of each sign at each endpoint that the record keeps."""
MOST_RECENT = 1000
"""Visits and users whose last exchange is remembered, for it may turn out that their values went to another."""
LONGEST = 4000
"""Characters of a request or an answer that are kept for a reader."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A clue with the exchange that gave it."""

    clue: Clue
    exchange: Exchange
    clients: int
    at: int
    seconds: float

    @property
    def key(self) -> tuple[Sign, str]:
        """What it is counted under: the endpoint, or the variable in which something was left behind."""
        if self.clue.sign is Sign.LEFT_BEHIND:
            return self.clue.sign, self.clue.where
        return self.clue.sign, self.exchange.call.name


Stamp = Callable[[Kept], tuple[Anomaly | None, Who, Who | None]]
"""Says of a clue which anomaly it is, and who was involved, by the stamps of the server."""


class Findings:
    """Everything seen so far; for any number of threads."""

    def __init__(self, look: Callable[[Exchange], Iterable[Clue]]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._kept: list[Kept] = []
        self._recent: dict[str, Exchange] = {}
        self._owners: dict[str, Exchange | None] = {}
        """What those asked whose values went to others, by visit or user; None while that is not over."""
        self._victims: dict[str, Exchange] = {}
        """Who first got a value of theirs."""
        self._seen: dict[tuple[Sign, str], Counter[str]] = {}
        """How often each sign was seen at each endpoint, by the round that it was seen in."""
        self.round = ""
        """The name of the current round."""

    def take(self, exchange: Exchange, clients: int, seconds: float) -> list[Sign]:
        """Judge what came of one request; return the signs of a mix-up that it shows."""
        with self._lock:
            signs = []
            self._remember(exchange)
            for clue in self._look(exchange):
                # An answer with the values of two others is one answer.
                self._add(Kept(clue, exchange, clients, exchange.nth, seconds), again=clue.sign in signs)
                signs.append(clue.sign)
            return signs

    def add(self, clue: Clue, label: str, clients: int, seconds: float) -> None:
        """Take a clue from beside the answers, with the visit or user (by label) whose request it goes with."""
        with self._lock:
            exchange = self._recent.get(label) or next(reversed(self._recent.values()), None)
            if exchange is not None:
                self._add(Kept(clue, exchange, clients, exchange.nth, seconds))

    def _add(self, kept: Kept, again: bool = False) -> None:
        seen = self._seen.setdefault(kept.key, Counter())
        seen[self.round] += not again
        if seen.total() <= MOST_KEPT:
            self._kept.append(kept)
            if kept.clue.owner:
                label = kept.clue.owner.visit or kept.clue.owner.user
                self._owners[label] = self._owners.get(label) or self._recent.get(label)
                self._victims.setdefault(label, kept.exchange)

    def _remember(self, exchange: Exchange) -> None:
        """Remember an exchange, as the owner's of a clue that there is or may soon be."""
        for label in (exchange.visit.label, exchange.visit.user):
            self._recent.pop(label, None)
            self._recent[label] = exchange
            if victim := self._victims.get(label):
                before = self._owners.get(label)
                # Of a user's requests, one that ran together with the victim's tells more than the last before it.
                if before is None or (_together(exchange, victim) and not _together(before, victim)):
                    self._owners[label] = exchange
        while len(self._recent) > MOST_RECENT:
            del self._recent[next(iter(self._recent))]

    def signs(self, within: str) -> dict[str, int]:
        """Return how often the rounds of a name saw each sign."""
        signs: Counter[str] = Counter()
        for (sign, _), seen in self._seen.items():
            signs[str(sign)] += seen[within]
        return dict(+signs)

    def __len__(self) -> int:
        return sum(seen.total() for seen in self._seen.values())

    @property
    def kept(self) -> list[Kept]:
        """The first clues of each sign at each endpoint, with their exchanges."""
        return list(self._kept)

    def confirm(self, still: Callable[[Clue, Exchange], bool]) -> Counter[tuple[Sign, str]]:
        """Drop what turns out to occur alone as well; return how many of each sign at each endpoint were dropped.

        Where none of those that were kept stands, nor do the others of that sign at that endpoint.
        """
        with self._lock:
            standing = [kept for kept in self._kept if still(kept.clue, kept.exchange)]
            left = Counter(kept.key for kept in standing)
            before = Counter(kept.key for kept in self._kept)
            dropped: Counter[tuple[Sign, str]] = Counter()
            for key, seen in self._seen.items():
                share = left[key] / before[key] if before[key] else 1.0
                stays = Counter({within: ceil(count * share) for within, count in seen.items()})
                dropped[key] = seen.total() - stays.total()
                self._seen[key] = +stays
            self._kept = standing
            return +dropped

    def sightings(self, stamp: Stamp) -> tuple[Sighting, ...]:
        """Return the first of each sign at each endpoint, the earliest first."""
        shown: Counter[tuple[Sign, str]] = Counter()
        found = []
        for kept in self._kept:
            shown[kept.key] += 1
            if shown[kept.key] > MOST_SHOWN:
                continue
            anomaly, victim, owner = stamp(kept)
            clue = kept.clue
            found.append(
                Sighting(
                    sign=clue.sign,
                    anomaly=anomaly,
                    endpoint=kept.exchange.call.name,
                    victim=victim,
                    owner=owner,
                    where=clue.where,
                    shown=clue.shown,
                    expected=clue.expected,
                    pressure=kept.exchange.pressure,
                    clients=kept.clients,
                    at=kept.at,
                    seconds=round(kept.seconds, 3),
                    value=clue.owner.text if clue.owner else "",
                    count=self._seen[kept.key].total(),
                )
            )
        return tuple(found)

    def of_owner(self, owner: Token) -> Exchange | None:
        """Return an exchange of whoever a token that went to another belongs to, near to that in time."""
        return self._owners.get(owner.visit or owner.user)


def _together(one: Exchange, other: Exchange) -> bool:
    return one.began < other.ended and other.began < one.ended


def answer_text(exchange: Exchange) -> str:
    """Return an answer as a reader sees it: status, headers, body."""
    answer = exchange.answer
    if answer is None:
        return exchange.trouble or "the client went away"
    head = "\n".join([str(answer.status), *(f"{name}: {value}" for name, value in answer.headers)])
    return f"{head}\n\n{answer.body.decode('utf-8', 'replace')}"[:LONGEST]
