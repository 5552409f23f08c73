"""Learns what each request gets when it is sent alone, before and after the floods."""

from collections import Counter
from collections.abc import Iterator

from harness.apps.calls import Call
from harness.apps.exchanges import Exchange, Visit
from harness.apps.oracle import cookies
from harness.apps.oracle.differences import Difference
from harness.apps.oracle.readings import Reading, Whose, read
from harness.apps.oracle.shapes import ENOUGH, Shape
from harness.apps.tokens import Ledger

Choices = tuple[tuple[str, str], ...]
Key = tuple[Call, str, Choices]
ENOUGH_COMBINED = 5
"""Requests with each combination of choices, from which on a combination is judged by its own."""


def choices(visit: Visit) -> Choices:
    """Return what was drawn for a visit."""
    return tuple(item for item in visit.values.items() if item[0].startswith("choice:"))


class Case:
    """One request as it was sent alone: the same call, at the same place of its flow, with these choices at least."""

    def __init__(self, call: Call, drawn: Choices) -> None:
        self.call = call
        self.drawn = drawn
        self.sends = 0
        self.before: Counter[int] = Counter()
        """The statuses before the floods; 0 stands for no answer."""
        self.after: Counter[int] = Counter()
        self.shapes: dict[int, Shape] = {}
        self.early: dict[int, Shape] = {}
        """The shapes before the floods only: against them shows what a flood broke for good."""

    def learn(self, exchange: Exchange, reading: Reading | None, after: bool) -> None:
        """Take in one more exchange; without a reading it had no answer."""
        status = reading.status if reading else 0
        self.sends += 1
        (self.after if after else self.before)[status] += 1
        for shapes in (self.shapes,) if after else (self.shapes, self.early):
            if reading:
                shapes.setdefault(status, Shape()).learn(reading, exchange.began)

    @property
    def failed(self) -> int:
        """Return how often it failed alone: errors of the server and missing answers."""
        both = self.before + self.after
        return sum(count for status, count in both.items() if not 0 < status < 500)

    @property
    def succeeds(self) -> bool:
        """Tell whether before the floods it was always answered without an error of the server."""
        return bool(self.before) and all(0 < status < 500 for status in self.before)

    def occurs(self, status: int) -> bool:
        """Tell whether a status occurs alone; an error of the server must do so before the floods."""
        return status in self.before or (status < 500 and status in self.after)

    def carries_own(self) -> bool:
        """Tell whether there is an answer in which tokens of its own always stand."""
        return any(next(shape.cast.carries(), None) for shape in self.early.values() if shape.seen >= ENOUGH)

    def __str__(self) -> str:
        path = self.call.path
        rest = []
        for name, value in self.drawn:
            if f"{{{name}}}" in path:
                path = path.replace(f"{{{name}}}", value)
            else:
                rest.append(value)
        return f"{self.call.method} {path}" + (f" with {', '.join(rest)}" if rest else "")


class Alone:
    """What requests get alone; learn one exchange at a time, in one thread, several visits of several users."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._cases: dict[Key, Case] = {}
        self._fewest: dict[Call, int] = {}
        self.cookies = cookies.Alone()
        self.foreign: set[str] = set()
        """The names of endpoints that gave tokens of other users alone already."""

    def learn(self, exchange: Exchange, after: bool = False) -> None:
        """Take in an exchange sent alone; ``after`` tells that a flood was sent before it."""
        if exchange.gave_up:
            return
        reading = read(exchange, self._ledger) if exchange.answer else None
        drawn = choices(exchange.visit)
        self._fewest.pop(exchange.call, None)
        for each in dict.fromkeys((drawn, *_single(drawn), ())):
            key = _key(exchange, each)
            if key not in self._cases:
                self._cases[key] = Case(exchange.call, each)
            self._cases[key].learn(exchange, reading, after)
        if reading is None:
            return
        for place, value in reading.raw_fields:
            if place.startswith("cookie "):
                self.cookies.learn(place, value, exchange.visit.user, after)
        if reading.of(Whose.OTHER):
            self.foreign.add(exchange.call.name)

    def case(self, exchange: Exchange) -> Case | None:
        """Return what is known of a request: with the same choices, else whatever they are; None when too little.

        Of choices that were not all combined often enough, a combination that was is one by chance, and so may be what
        it showed.
        """
        drawn = choices(exchange.visit)
        case = self._cases.get(_key(exchange, drawn))
        if case is None or (drawn and self._fewest_sends(exchange.call) < ENOUGH_COMBINED):
            case = self._cases.get(_key(exchange, ()))
        return case if case is not None and case.sends >= ENOUGH else None

    def _fewest_sends(self, call: Call) -> int:
        """Return how often the combination of choices was sent that was sent least often."""
        if call not in self._fewest:
            self._fewest[call] = min(case.sends for case in self.cases() if case.call == call)
        return self._fewest[call]

    def finer(self, exchange: Exchange, case: Case) -> Iterator[Case]:
        """Yield what is known of a request with each one of its choices, where not enough is with all of them."""
        drawn = choices(exchange.visit)
        if case.drawn != drawn:
            for single in _single(drawn):
                finer = self._cases.get(_key(exchange, single))
                if finer is not None and finer.sends >= ENOUGH:
                    yield finer

    def like(self, exchange: Exchange, reading: Reading, difference: Difference) -> Case | None:
        """Return another request that, before the floods, always got alone what this one found instead of its own.

        Of the same call with other choices one place is enough; what another call gets must be the whole answer. What
        an app shows at random, as one of two variants, belongs to none.
        """
        own = set(choices(exchange.visit))
        for case in self._cases.values():
            shape = case.early.get(reading.status)
            if case.call == exchange.call and own.issuperset(case.drawn):
                continue
            enough = ENOUGH_COMBINED if case.drawn else ENOUGH
            if shape is None or shape.seen < enough or not shape.cast.holds(difference):
                continue
            if case.call != exchange.call and any(shape.cast.differences(reading)):
                continue
            if not self._at_random(exchange, case, reading.status, difference):
                return case
        return None

    def _at_random(self, exchange: Exchange, other: Case, status: int, difference: Difference) -> bool:
        """Tell whether what was found and what was expected may both stand at a place.

        So they may where both stood there before the floods: with the same choices or, of another call, in whichever
        answers. And where since then they do with this request and with the other one: what a flood broke for good
        is seldom broken both ways, and a fresh process shows it.
        """
        mine = self.case(exchange)
        if mine and all(_both(each.shapes.get(status), difference) for each in (mine, other)):
            return True
        if other.call != exchange.call:
            return any(
                _both(case.early.get(status), difference, exactly=True) for case in self._cases.values()
            )
        return any(
            _both(case.early.get(status), difference) for case in self.cases() if case.call == other.call
        )

    def cases(self) -> Iterator[Case]:
        """Yield each request once, by all of its choices where it has some, in the order they were first sent."""
        most: dict[tuple[Call, str], int] = {}
        for call, place, drawn in self._cases:
            most[call, place] = max(len(drawn), most.get((call, place), 0))
        for (call, place, drawn), case in self._cases.items():
            if len(drawn) == most[call, place]:
                yield case

    def sends(self, endpoint: str) -> int:
        """Return how many requests to an endpoint were sent alone."""
        return sum(case.sends for case in self.cases() if case.call.name == endpoint)


def _both(shape: Shape | None, difference: Difference, exactly: bool = False) -> bool:
    """Tell whether both what was found and what was expected fit a place, or ``exactly`` so stood there."""
    if shape is None or shape.seen < ENOUGH:
        return False
    fits = shape.cast.showed if exactly else shape.cast.takes
    return all(fits(difference.place, text) for text in (difference.found, difference.expected))


def _single(drawn: Choices) -> Iterator[Choices]:
    return ((each,) for each in drawn)


def _key(exchange: Exchange, drawn: Choices) -> Key:
    return exchange.call, exchange.mark.rpartition(".")[2], drawn
