"""Judges what came back: whether an answer shows that another request had a hand in it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import ceil, exp, log
from typing import NamedTuple

from harness.apps.exchanges import Exchange
from harness.apps.oracle.allowed import Allowed
from harness.apps.oracle.alone import Alone, Case
from harness.apps.oracle.clues import Clue, Kind
from harness.apps.oracle.cookies import Given
from harness.apps.oracle.differences import Difference
from harness.apps.oracle.places import Spot, around, spots
from harness.apps.oracle.readings import STATUS, Reading, Whose, label, read
from harness.apps.oracle.shapes import ENOUGH
from harness.apps.oracle.slots import NOT_OWN
from harness.apps.placeholders import fill
from harness.apps.tokens import Ledger, Token
from harness.core.app_record import Sign

CONNECTION = "connection"
_CHANCE = 0.001
_MOST_CLUES = 3
_LONGEST = 160


class Chance(NamedTuple):
    """How often something was seen in answers, and how likely that is if it has nothing to do with others."""

    seen: int
    looked: int
    """Requests in which it could have been seen."""
    alone: int
    """Requests that were sent alone, and never showed it."""
    likely: float


class Judge:
    """Looks at one exchange after the other, from any number of threads once nothing more is learnt.

    A token of another user is foreign wherever it stands and nothing allows it. One of an earlier visit of the same
    user is not, since sessions remember, except where alone the request's own always stands and now does not.
    """

    def __init__(self, ledger: Ledger, alone: Alone, allowed: Allowed) -> None:
        self._ledger = ledger
        self._alone = alone
        self._allowed = allowed
        self._given = Given()
        self._looked: Counter[str] = Counter()
        self._clues: Counter[Kind] = Counter()

    def look(self, exchange: Exchange) -> list[Clue]:
        """Return the clues of an exchange, one for each cause; none for most.

        Of an answer that the client did not wait for, only another's tokens in what came are looked for.
        """
        clues = list(self._look(exchange, again=False))
        self._looked[exchange.call.name] += 1
        for clue in clues:
            self._clues[clue.kind] += 1
        return clues

    def still(self, clue: Clue, exchange: Exchange) -> bool:
        """Tell whether a clue stands after more was learnt of what the exchange it came from gets alone.

        What turned out to occur alone is dropped; but not what before the floods another request got alone and this
        one did not, since a flood can leave an app broken for good.
        """
        if clue.sign is Sign.SHARED_COOKIE:
            return self._alone.cookies.personal(clue.where)
        if clue.owner is not None and clue.owner.user != exchange.visit.user:
            return True
        return any(each.sign is clue.sign for each in self._look(exchange, again=True))

    def recount(self, shares: Mapping[Kind, float]) -> None:
        """Keep of each kind of clue this share of its count, for the others were found to come alone as well."""
        for kind, share in shares.items():
            self._clues[kind] = ceil(self._clues[kind] * share)

    def sends_to_tell(self, clue: Clue) -> int:
        """Return how many more requests to send alone, before it is hardly chance that alone this was never seen."""
        cookies = self._alone.cookies
        sent = (
            cookies.times(clue.where) if clue.sign is Sign.SHARED_COOKIE else self._alone.sends(clue.endpoint)
        )
        return max(0, self.sends_in_all(clue) - sent)

    def sends_in_all(self, clue: Clue) -> int:
        """Return how many requests are to be sent alone before chance hardly explains that they never show a clue."""
        seen, looked = self._clues[clue.kind], self._looked[clue.endpoint]
        if clue.firm or not seen:
            return 0
        if clue.sign is Sign.SHARED_COOKIE:
            return self._given.times_to_tell(clue.where, _CHANCE)
        return ceil(looked * (exp(-log(_CHANCE) / seen) - 1))

    def chance(self, clue: Clue) -> Chance:
        """Return how often a clue was seen, and how likely that is if it comes alone as often.

        What was seen k times in m answers, and in none of n alone, all fell among the m by chance with a probability
        of at most (m / (m + n)) ** k: the one-sided exact test of Fisher (Statistical Methods for Research Workers,
        1934), rounded up.
        """
        seen, looked = self._clues[clue.kind], self._looked[clue.endpoint]
        sent = self._alone.sends(clue.endpoint)
        likely = 0.0 if clue.firm else (looked / max(looked + sent, 1)) ** seen
        return Chance(seen, looked, sent, likely)

    def doubts(self, clue: Clue) -> bool:
        """Tell whether chance still explains an answer that differs, as it does a banner that an app seldom shows.

        An error, or a value of its own that is gone, is hardly meant by an app, however seldom it comes.
        """
        return clue.sign is Sign.DIFFERS and self.sends_to_tell(clue) > 0

    def _look(self, exchange: Exchange, again: bool) -> Iterator[Clue]:
        if exchange.answer is None:
            if not exchange.gave_up:
                yield from self._unanswered(exchange)
            return
        reading = read(exchange, self._ledger)
        case = self._alone.case(exchange)
        foreign = self._foreign(exchange, reading, case, again) if reading.of(Whose.OTHER) else []
        yield from foreign
        if exchange.gave_up:
            return
        if not again:
            yield from self._shared(exchange, reading, foreign)
        if foreign or case is None:
            return
        if reading.status < 400 and (missing := _missing(exchange, reading)):
            told = _cut(" ".join(reading.lines()))
            yield self._clue(Sign.LOST, exchange, None, "answer", told, f"{missing} somewhere in the answer")
        elif not case.occurs(reading.status):
            yield from self._status(exchange, reading, case)
        elif reading.status < 500:
            yield from self._content(exchange, reading, case, again)

    def _unanswered(self, exchange: Exchange) -> Iterator[Clue]:
        case = self._alone.case(exchange)
        if case is not None and case.succeeds:
            sign = Sign.UNANSWERED if exchange.trouble.startswith("no answer") else Sign.FAILED
            yield self._clue(sign, exchange, None, CONNECTION, exchange.trouble, _statuses(case))

    def _foreign(self, exchange: Exchange, reading: Reading, case: Case | None, again: bool) -> list[Clue]:
        endpoint = exchange.call.name
        strangers = set(reading.of(Whose.OTHER))
        worst: dict[tuple[str, str], Spot] = {}
        passed = []
        for spot in spots(reading, self._ledger):
            if spot.token not in strangers:
                continue
            if pattern := self._allowed.lets(endpoint, spot.place, spot.text, spot.start, spot.end):
                passed.append(pattern)
            else:
                worst.setdefault((spot.token.user, spot.token.visit), spot)
        if passed and not again:
            self._allowed.count(passed)
        if not worst:
            return []
        whole = (
            not reading.of(Whose.OWN)
            and len({user for user, _ in worst}) == 1
            and len({visit for _, visit in worst if visit}) < 2
            and case is not None
            and case.carries_own()
        )
        expected = self._expected(case, reading)
        # A visit says more than its user, whose own token may stand beside the visit's.
        visiting = {user for user, visit in worst if visit}
        told = [spot for (user, visit), spot in worst.items() if visit or user not in visiting]
        sign = Sign.CROSSED if whole else Sign.FOREIGN
        return [
            self._clue(
                sign, exchange, spot.token, spot.place, around(spot, exchange.visit, self._ledger), expected
            )
            for spot in told[: 1 if whole else _MOST_CLUES]
        ]

    def _shared(self, exchange: Exchange, reading: Reading, foreign: list[Clue]) -> Iterator[Clue]:
        for place, value in reading.raw_fields:
            if not place.startswith("cookie ") or not self._alone.cookies.personal(place):
                continue
            first = self._given.to_another(place, value, exchange.visit)
            if first and not any(clue.sign is Sign.CROSSED or clue.where == place for clue in foreign):
                owner = Token(first.cookie, place, first.visit.user, first.visit.label)
                shown = f"{place.removeprefix('cookie ')}={_cut(value)}, given to {first.visit.label} before"
                yield self._clue(Sign.SHARED_COOKIE, exchange, owner, place, shown, "each user its own")

    def _status(self, exchange: Exchange, reading: Reading, case: Case) -> Iterator[Clue]:
        if not case.succeeds or _sheds_load(reading):
            return
        sign = Sign.FAILED if reading.status >= 400 else Sign.DIFFERS
        shown = f"{reading.status} {_cut(' '.join(reading.lines()))}".strip()
        yield self._clue(sign, exchange, None, STATUS, shown, _statuses(case))

    def _content(self, exchange: Exchange, reading: Reading, case: Case, again: bool) -> Iterator[Clue]:
        differences = []
        for each in self._differences(exchange, reading, case):
            pattern = self._allowed.lets_differ(exchange.call.name, each.place, each.found)
            if pattern is None:
                differences.append(each)
            elif not again:
                self._allowed.count([pattern])
        if not differences:
            return
        lost = next((each for each in differences if each.lost), None)
        if lost and (earlier := _earlier(reading, lost)):
            whole = not any(token.visit for token in reading.of(Whose.OWN))
            sign = Sign.CROSSED if whole else Sign.FOREIGN
            shown = lost.found.replace(f"⟨earlier {earlier.name}⟩", label(earlier))
            yield self._clue(sign, exchange, earlier, lost.place, _cut(shown), lost.expected)
            return
        for each in differences:
            if each.found and (other := self._alone.like(exchange, reading, each)):
                expected = f"{_cut(each.expected)} (this is what {other} gets alone)".strip()
                sign = Sign.DIFFERS if other.call == exchange.call else Sign.CROSSED
                yield self._clue(
                    sign, exchange, None, each.place, _cut(each.found), expected, like_another=True
                )
                return
        told = lost or differences[0]
        sign = Sign.LOST if lost else Sign.DIFFERS
        yield self._clue(sign, exchange, None, told.place, _cut(told.found), _cut(told.expected))

    def _differences(self, exchange: Exchange, reading: Reading, case: Case) -> list[Difference]:
        """Return how an answer differs from all that it gets alone, but for what others may have put there."""
        for each in (case, *self._alone.finer(exchange, case)):
            if found := self._differences_from(each, exchange, reading):
                return found
        return []

    def _differences_from(self, case: Case, exchange: Exchange, reading: Reading) -> list[Difference]:
        shape = case.shapes.get(reading.status)
        if shape is None or shape.seen < ENOUGH:
            return []
        found = list(shape.cast.differences(reading))
        # Tokens that are not the request's own are judged as tokens; in what differs they are no evidence.
        found = [each for each in found if each.lost or not NOT_OWN.search(each.found + each.expected)]
        if reading.of(Whose.OTHER):
            # They were allowed, and may have pushed out what was there.
            found = [each for each in found if each.found and not each.lost]
        early = case.early.get(reading.status)
        if found or early is None or early.seen < ENOUGH or early.taught == shape.taught:
            return found
        return [
            each
            for each in early.cast.differences(reading)
            if each.found and not each.lost and not NOT_OWN.search(each.found)
            if self._alone.like(exchange, reading, each)
        ]

    def _expected(self, case: Case | None, reading: Reading) -> str:
        shape = case.shapes.get(reading.status) if case else None
        return _cut("; ".join(shape.cast.carries())) if shape and shape.seen >= ENOUGH else ""

    def _clue(
        self,
        sign: Sign,
        exchange: Exchange,
        owner: Token | None,
        where: str,
        shown: str,
        expected: str,
        like_another: bool = False,
    ) -> Clue:
        firm = (owner is not None and sign is not Sign.SHARED_COOKIE) or like_another
        return Clue(sign, exchange.mark, exchange.call.name, owner, where, shown, expected, firm)


def hint(clue: Clue, alone: Alone) -> str:
    """Return what to do about a clue that may be by design; empty where it hardly is."""
    if clue.sign is Sign.DIFFERS and clue.where != STATUS and not clue.firm:
        return f"if it depends on the load or on others by design, say --allow '{clue.endpoint} {clue.where}'"
    if clue.sign not in (Sign.FOREIGN, Sign.CROSSED) or clue.endpoint not in alone.foreign:
        return ""
    return f"it comes back alone too: if it is public by design, say --allow '{clue.endpoint}'"


def _missing(exchange: Exchange, reading: Reading) -> str:
    """Return what the answer was said to hold and does not, as it was said; empty where it holds all."""
    for expected in exchange.call.expects:
        text = fill(expected, exchange.visit.values.__getitem__)
        if text not in reading.raw_body and not any(text in value for _, value in reading.raw_fields):
            return expected
    return ""


def _earlier(reading: Reading, lost: Difference) -> Token | None:
    """Return the earlier visit's token that stands where the request's own is gone."""
    for token in reading.of(Whose.EARLIER):
        if f"⟨{token.name}⟩" in lost.lost and f"⟨earlier {token.name}⟩" in lost.found:
            return token
    return None


def _sheds_load(reading: Reading) -> bool:
    """Tell whether a server says that it has too much to do: no failure of isolation."""
    later = any(place == "header Retry-After" for place, _ in reading.raw_fields)
    return reading.status == 429 or (reading.status == 503 and later)


def _statuses(case: Case) -> str:
    return " or ".join(str(status) for status in sorted(case.before))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
