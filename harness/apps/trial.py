"""Tries somebody's own app: each request alone, then many at once under each pressure, then alone again."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from harness.apps.addresses import Address
from harness.apps.calls import Flow
from harness.apps.exchanges import Exchange
from harness.apps.findings import Findings, Kept
from harness.apps.fresh import Afresh, known_afresh
from harness.apps.journal import Journal
from harness.apps.options import Asked
from harness.apps.oracle.allowed import Allowed
from harness.apps.oracle.alone import Alone
from harness.apps.oracle.clues import Clue, Kind
from harness.apps.oracle.endpoints import Tally
from harness.apps.oracle.judge import Judge
from harness.apps.oracle.shapes import ENOUGH
from harness.apps.press import Pressed, flood
from harness.apps.pressures import PRESSURES, Pressure
from harness.apps.serially import afterwards, alone
from harness.apps.tokens import Ledger
from harness.apps.users import Crowd
from harness.apps.watching import ELSEWHERE, Watches
from harness.core.app_record import Round, Sign

FIRST = 0.3
"""The share of requests and time for a first, short round of each pressure, so that none is tried too late."""
MOST_SILENT = 2
"""Requests in a row without an answer, even alone, after which no more are waited for."""
MOST_AFRESH = 2
"""Fresh processes, at most, in which it is looked at whether a flood broke for good what then comes alone as well."""
IDLE_SECONDS = 0.3
"""How long an app stamps nothing when it has no more to do."""
MOST_BACKLOG_SECONDS = 120.0
"""How long it may take to do what clients gave up on."""
LEAST_SENDS_TO_TELL = 1500
SHARE_TO_TELL = 1 / 8
"""Requests to an endpoint that are sent alone, at most, to tell chance from a failure of isolation: so many, or this
share of those that flood where that is more."""
SECOND = 1.1
"""How long to wait for what an app shows in the next second."""
CLOSE_FAILURES = (Sign.FAILED, Sign.UNANSWERED)

Tell = Callable[[str, int, int], None]
"""Takes what is being done, how many requests were sent, and how many signs of a mix-up were seen."""


class NothingToTellError(Exception):
    """The app gave no ground for a verdict; the text says why and what to do."""


@dataclass(slots=True)
class Trial:
    """One app under trial, with all that is known at any moment."""

    asked: Asked
    address: Address
    journal: Journal | None
    """What the app's process stamps; None where it is not ours."""
    inside: Journal
    """What the probe found in the app."""
    alive: Callable[[], bool]
    watches: Watches
    tell: Tell
    afresh: Afresh | None
    """Starts one more process of the app; None where it runs elsewhere."""
    ledger: Ledger = field(init=False)
    crowd: Crowd = field(init=False)
    known: Alone = field(init=False)
    allowed: Allowed = field(init=False)
    judge: Judge = field(init=False)
    findings: Findings = field(init=False)
    tallies: dict[str, Tally] = field(default_factory=dict)
    rounds: dict[str, Round] = field(default_factory=dict)
    """What came of each pressure, by its name; its signs are told by the findings, for some may be dropped yet."""
    notes: list[str] = field(default_factory=list)
    sent: int = 0
    flooded: float = 0.0
    """Seconds of flooding so far."""
    began: float | None = None
    """When the first flood began, by ``time.monotonic``."""
    marks: list[str] = field(default_factory=list)
    """The requests of the current round that were answered, and so judged."""
    first: list[Exchange] = field(default_factory=list)
    """What came of the requests that were sent alone before the floods."""
    asked_later: set[Kind] = field(default_factory=set)
    """The kinds of clues for which requests were sent alone once more a second later."""
    judged_afresh: int = 0
    """How many fresh processes were tried."""

    def __post_init__(self) -> None:
        seed = self.asked.budget.seed
        self.ledger = self.watches.ledger
        self.crowd = Crowd(self.asked.traffic, self.ledger, seed)
        self.known = Alone(self.ledger)
        self.allowed = Allowed(self.asked.allow)
        self.judge = Judge(self.ledger, self.known, self.allowed)
        self.findings = Findings(self.judge.look)

    def run(self) -> None:
        """Try the app until the budget is used up, or the first round with a sign of a mix-up is over.

        Raises NothingToTellError. An interruption leaves what is known.
        """
        self.learn()
        self.confirm()
        self.press()

    def learn(self) -> None:
        """Send each flow alone; what other requests must be kept out of is known from here on."""
        exchanges = list(self._one_by_one("alone"))
        for exchange in exchanges:
            self.known.learn(exchange)
        self.first = exchanges
        self._refuse_hopeless(exchanges)
        # What comes back to others without any concurrency is stale, and found here already.
        for exchange in exchanges:
            self._take(exchange, 1)
        self._look_beside(1)

    def press(self) -> None:
        """Flood with each pressure in turn: first a short round of each, then longer ones with what is left.

        What chance may explain does not end the search: either it comes again, or alone as well.
        """
        budget = self.asked.budget
        chosen = [each for each in PRESSURES if not budget.pressures or each.name in budget.pressures]
        for share in (FIRST, 1 - FIRST):
            for pressure in chosen:
                if self.certain:
                    return
                requests = int(budget.requests * share / len(chosen))
                pressed = self._round(pressure, requests, budget.seconds * share / len(chosen))
                # What comes alone as well must not end the search.
                self.confirm(pressure.name)
                if pressed.reason or not self.alive():
                    self.notes.append(f"{pressure.name}: {pressed.reason or 'the app ended'}")
                    return

    def confirm(self, pressure: str = "") -> None:
        """Send requests alone again, and drop what turns out to come alone as well of a round with this pressure."""
        if not self.findings or not self.alive():
            return
        answered = self._learn_again(lambda flow: True)
        left = self._most_to_tell
        while answered and left > 0 and (endpoints := self._short_of_sends()) and self.alive():
            answered = self._learn_again(partial(Flow.asks, endpoints=endpoints))
            left -= answered
        if answered and (fleeting := self._fleeting()):
            time.sleep(SECOND)
            self._learn_again(partial(Flow.asks, endpoints=fleeting))
        afresh = self._judge_afresh(pressure)
        before = Counter(kept.clue.kind for kept in self.findings.kept)
        if dropped := self.findings.confirm(
            lambda clue, exchange: (
                self._stands(clue, exchange) or (afresh is not None and afresh.still(clue, exchange))
            )
        ):
            self._forget(dropped)
            left_of = Counter(kept.clue.kind for kept in self.findings.kept)
            self.judge.recount({kind: left_of[kind] / count for kind, count in before.items()})

    def _judge_afresh(self, pressure: str) -> Judge | None:
        """Return a judge by what a fresh process answers alone, where it has to be told what a flood broke for good.

        As many requests are sent to it as had been when the clues were seen.
        """
        doubted = [kept for kept in self.findings.kept if not self._stands(kept.clue, kept.exchange)]
        chosen = next((each for each in PRESSURES if each.name == pressure), None)
        if self.afresh is None or chosen is None or not doubted or self.judged_afresh == MOST_AFRESH:
            return None
        sends: dict[str, int] = {}
        for kept in doubted:
            name = kept.clue.endpoint
            sends[name] = max(sends.get(name, 0), ENOUGH, self.judge.sends_in_all(kept.clue))
        if max(sends.values()) > self._most_to_tell:
            return None
        self.judged_afresh += 1
        self.tell("a fresh process", self.sent, len(self.findings))
        known = known_afresh(
            self.afresh,
            self.crowd,
            self.ledger,
            chosen,
            requests=max(kept.at for kept in doubted),
            sends=sends,
            budget=self.asked.budget,
        )
        if known is None:
            return None
        # What differs between the two without any load, as a total that grows, may differ once more.
        for exchange in self.first:
            known.learn(exchange)
        return Judge(self.ledger, known, self.allowed)

    def _forget(self, dropped: Counter[tuple[Sign, str]]) -> None:
        """Count no longer what was dropped."""
        signs: Counter[Sign] = Counter()
        for (sign, endpoint), count in dropped.items():
            signs[sign] += count
            tally = self.tallies.get(endpoint, Tally())
            if sign in CLOSE_FAILURES:
                tally.failed = max(0, tally.failed - count)
            else:
                tally.mixed = max(0, tally.mixed - count)
        what = ", ".join(f"{count:,} × {sign}" for sign, count in signs.items())
        self.notes.append(f"dropped, because it comes alone as well: {what}")

    @property
    def certain(self) -> list[Kept]:
        """The clues that chance does not explain."""
        return [kept for kept in self.findings.kept if not self.judge.doubts(kept.clue)]

    @property
    def unsure(self) -> list[Kept]:
        """The clues that chance may explain; an error or a lost value among them is a mix-up all the same."""
        return [kept for kept in self.findings.kept if self.judge.sends_to_tell(kept.clue)]

    @property
    def _most_to_tell(self) -> int:
        return max(LEAST_SENDS_TO_TELL, int(self.asked.budget.requests * SHARE_TO_TELL))

    def _short_of_sends(self) -> set[str]:
        """Return the endpoints with clues that chance could still explain, and more requests alone can tell of."""
        return {
            kept.clue.endpoint
            for kept in self.unsure
            if self.known.sends(kept.clue.endpoint) < self._most_to_tell
            and self.judge.still(kept.clue, kept.exchange)
        }

    def _fleeting(self) -> set[str]:
        """Return where answers differed, perhaps by the second in which they were given: each kind of clue once."""
        standing = [kept.clue for kept in self.findings.kept if self._stands(kept.clue, kept.exchange)]
        differing = {
            clue.kind: clue.endpoint for clue in standing if clue.sign is Sign.DIFFERS and not clue.firm
        }
        new = differing.keys() - self.asked_later
        self.asked_later |= new
        return {differing[kind] for kind in new}

    def _learn_again(self, only: Callable[[Flow], bool]) -> int:
        """Send some flows alone again and learn from it; return how many requests were answered."""
        answered = 0
        for exchange in self._one_by_one("alone again", only):
            self.known.learn(exchange, after=True)
            answered += exchange.answer is not None
        return answered

    def _round(self, pressure: Pressure, requests: int, seconds: float) -> Pressed:
        clients = self.asked.budget.clients
        self.findings.round = pressure.name
        if pressure.name not in self.rounds and (pressure.padding or pressure.slow):
            self._learn_refusals(pressure)
        self.marks.clear()
        began = time.monotonic()
        self.began = self.began or began
        pressed = flood(
            self.address,
            self.crowd,
            pressure,
            clients=clients,
            requests=max(requests, clients),
            deadline=began + seconds,
            tell=lambda exchange: self._flooded(exchange, pressure.name, clients),
            patience=self.asked.budget.patience,
            before=self.sent,
        )
        self.sent += pressed.sent
        self.flooded += pressed.seconds
        if pressed.gave_up:
            self._let_finish()
        for exchange in afterwards(
            self.address, self.crowd, before=self.sent, patience=self.asked.budget.patience, stop=self._ended
        ):
            self.sent += 1
            self._take(exchange, clients)
            if exchange.answer is None:
                break
        overlap, reuse = self._evidence(pressed)
        self._look_beside(clients)
        done = Round(
            pressure.name,
            pressure.summary,
            clients,
            pressed.sent,
            pressed.answered,
            round(pressed.seconds, 3),
            overlap,
            reuse,
        )
        before = self.rounds.get(pressure.name)
        self.rounds[pressure.name] = before.plus(done) if before else done
        self.notes += [f"{pressure.name}: {note}" for note in pressed.notes]
        return pressed

    def _let_finish(self) -> None:
        """Wait for what clients gave up on: a server does it all the same, and what is sent next waits behind it."""
        if self.journal is None:
            return
        over = time.monotonic() + MOST_BACKLOG_SECONDS
        before = -1
        while self.journal.lines != before and self.alive() and time.monotonic() < over:
            before = self.journal.lines
            time.sleep(IDLE_SECONDS)
            self.journal.read()

    def _learn_refusals(self, pressure: Pressure) -> None:
        """Learn what a request of this kind is refused with when nothing else runs, as one larger than is allowed."""
        for exchange in alone(
            self.address,
            self.crowd,
            users=1,
            pressure=pressure,
            stop=self._ended,
            patience=self.asked.budget.patience,
            before=self.sent,
        ):
            self.sent += 1
            self._take(exchange, 1)
            if exchange.answer is not None and 400 <= exchange.answer.status < 500:
                self.known.learn(exchange)

    def _stands(self, clue: Clue, exchange: Exchange) -> bool:
        return clue.sign in ELSEWHERE or self.judge.still(clue, exchange)

    def _look_beside(self, clients: int) -> None:
        """Take in what the watches saw since the last time."""
        self.inside.read()
        for beside in self.watches.look(self.inside, self.allowed):
            self.findings.add(beside.clue, beside.label, clients, self.flooded)

    def _evidence(self, pressed: Pressed) -> tuple[int, int]:
        if self.journal is None:
            return pressed.answered, 0
        self.journal.read()
        return self.journal.overlap(self.marks), self.journal.reuse(self.marks)

    def _flooded(self, exchange: Exchange, pressure: str, clients: int) -> None:
        if exchange.answer is not None and not exchange.gave_up:
            self.marks.append(exchange.mark)
        self._take(exchange, clients)
        if exchange.nth % 50 == 0:
            self.tell(pressure, exchange.nth, len(self.findings))

    def _take(self, exchange: Exchange, clients: int) -> None:
        since = exchange.ended - (self.began or exchange.ended)
        signs = self.findings.take(exchange, clients, since)
        tally = self.tallies.setdefault(exchange.call.name, Tally())
        tally.sent += 1
        if exchange.answer is not None:
            tally.answered += 1
            tally.statuses[exchange.answer.status] += 1
        tally.mixed += any(sign not in CLOSE_FAILURES for sign in signs)
        tally.failed += any(sign in CLOSE_FAILURES for sign in signs)

    def _one_by_one(self, what: str, only: Callable[[Flow], bool] = lambda flow: True) -> Iterator[Exchange]:
        """Yield what comes of requests sent alone; of an app that is silent, the first few only."""
        silent = 0
        for exchange in alone(
            self.address,
            self.crowd,
            patience=self.asked.budget.patience,
            before=self.sent,
            stop=self._ended,
            only=only,
        ):
            self.sent += 1
            self.tell(what, self.sent, len(self.findings))
            yield exchange
            silent = 0 if exchange.answer else silent + 1
            if silent == MOST_SILENT:
                return

    def _ended(self) -> bool:
        return not self.alive()

    def _refuse_hopeless(self, exchanges: Iterable[Exchange]) -> None:
        """Raise NothingToTellError when nothing can be learnt from what came back alone."""
        answers = [each.answer for each in exchanges if each.answer is not None]
        if not self.alive():
            raise NothingToTellError(
                "the app ended while requests were sent to it one at a time; see its log"
            )
        if not answers:
            troubles = sorted({each.trouble for each in exchanges if each.trouble})
            raise NothingToTellError(
                f"nothing was answered, even one request at a time: {'; '.join(troubles[:3]) or 'nothing was sent'}"
            )
        failing = [answer for answer in answers if answer.status >= 500]
        if len(failing) == len(answers):
            body = failing[0].body[:300].decode("utf-8", "replace").strip()
            raise NothingToTellError(
                f"each request was answered {failing[0].status}, even one at a time, so isolation cannot be told; "
                f"the first said: {body!r}"
            )
