"""The account of one cell during a test: takes what server and users recorded bit by bit and judges what has settled.

A request is settled once the server stamped its end and its user saw the answer. It is judged then, once, among the
requests around it; afterwards only the latest of the settled ones are kept, so that a test can go on for hours.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from harness.core.evidence import measure
from harness.core.history import History, Kind, Row
from harness.core.ports import Checker, Server
from harness.core.reads import judge_reads
from harness.core.record import Cell, CellResult
from harness.core.scenario import Scenario
from harness.core.verdict import Anomaly, Evidence, Witness
from harness.engine.judge import Tally, samples, weigh
from localimpl import Subject

KEPT = 64
"""Settled requests that are kept for those to come, who may yet be shown their values.

One that turns up after more than these is nobody's value: the mix-up is seen all the same, but its writer is not named.
"""

CLIENT = "client-"
"""What the labels of users begin with, where the labels of units stand in what servers record."""

VERBS = {
    Anomaly.BLEED: "read",
    Anomaly.STALE: "read what is left of",
    Anomaly.TORN: "read its own together with that of",
    Anomaly.CROSSED_REPLY: "got the answer to",
    Anomaly.LOST_UPDATE: "was overwritten by",
}


@dataclass(frozen=True, slots=True)
class MixUp:
    """A settled request that was mixed up, in the words that locust counts as its failure."""

    anomaly: Anomaly
    text: str
    failed: bool
    """Whether its user saw it fail, too, so that locust has counted it already."""


class Ledger:
    """What is known of one cell so far."""

    def __init__(
        self, cell: Cell, subject: Subject, server: Server, scenario: Scenario, checkers: Sequence[Checker]
    ) -> None:
        self.cell = cell
        self.scenario = scenario
        self.sent = 0
        self.mixed = 0
        """Requests that were mixed up, be it once or in several ways."""
        self.first = ""
        """The first of them, in words."""
        self.unit = str(server.unit)
        self._subject = subject
        self._server = server
        self._checkers = checkers
        self._seen = Tally()
        self._rows: list[Row] = []
        self._left: set[str] = set()
        self._heard: dict[str, list[Row]] = {}
        """What users recorded, by requests that are over for them."""
        self._settled: dict[str, None] = {}
        """The settled requests that are kept, the latest last: to end, or to have a value of theirs shown to others."""
        self._shown: dict[str, None] = {}
        """Whose values were shown to others since the last call, the latest last."""

    def record(self, rows: Iterable[Row]) -> None:
        """Take what the server recorded."""
        for row in rows:
            self._rows.append(row)
            if row[0] is Kind.LEAVE:
                self._left.add(row[1])

    def answer(self, done: Sequence[str], rows: Iterable[Row]) -> None:
        """Take what users recorded, with the requests that are over for them."""
        self.sent += len(done)
        for request in done:
            self._heard[request] = []
        for row in rows:
            self._heard[row[1]].append(row)

    def judge(self, *, everything: bool = False) -> list[MixUp]:
        """Judge what has settled since the last call, at the end of the test everything, and return its mix-ups."""
        before = set(self._settled)
        new = self._left & self._heard.keys()
        if everything:
            new = ({row[1] for row in self._rows} | self._heard.keys()) - before
        if not new:
            return []
        # An answer comes after all that led to it, though users tell of it before the server does.
        for request in new:
            self._rows += self._heard.pop(request, ())
        history = History(self._rows)
        mix_ups = self._check(history, new)
        self.mixed += len(mix_ups)
        self.first = self.first or next((each.text for each in mix_ups), "")
        self._count(history, new, before)
        self._forget(new)
        return mix_ups

    def _check(self, history: History, new: set[str]) -> list[MixUp]:
        """Run the checkers; a witness belongs to the request whose event brought it to light."""
        tokens = {request: value for kind, request, *_, value in history.rows if kind is Kind.ENTER}
        failed = {
            request
            for kind, request, unit, _, value in history.rows
            if unit.startswith(CLIENT)
            and (kind is Kind.FAILED or (kind is Kind.REPLIED and value != tokens.get(request)))
        }
        found: dict[str, MixUp] = {}
        for checker in self._checkers:
            for witness in checker.check(history):
                request = history.rows[max(witness.seqs)][1]
                if request not in new:
                    continue
                if witness.writer is not None:
                    self._shown[witness.writer] = self._shown.pop(witness.writer, None)
                self._seen.counts[checker.anomaly] += 1
                if self._seen.counts[checker.anomaly] == 1:
                    self._seen.samples += samples(history, [witness])
                if checker.anomaly not in self.scenario.unpromised:
                    found.setdefault(
                        request, MixUp(checker.anomaly, told(witness, tokens), request in failed)
                    )
        return list(found.values())

    def _count(self, history: History, new: set[str], before: set[str]) -> None:
        for look in judge_reads(history):
            if look.read.request in new:
                self._seen.looks[look.read.name, look.seen] += 1
        self._seen.failures += Counter(
            value for kind, request, *_, value in history.rows if kind is Kind.FAILED and request in new
        )
        # Of requests that have settled nothing more is heard, so what they add is the difference between two counts.
        known = measure(_of(history, before))
        more = measure(_of(history, before | new))
        total = zip(astuple(self._seen.evidence), astuple(more), astuple(known), strict=True)
        self._seen.evidence = Evidence(*(count + after - then for count, after, then in total))

    def _forget(self, new: set[str]) -> None:
        self._left -= new
        ends = dict.fromkeys(row[1] for row in self._rows if row[0] is Kind.LEAVE and row[1] in new)
        self._settled |= ends
        for request in self._shown:
            if request in self._settled:
                self._settled[request] = self._settled.pop(request)
        self._shown.clear()
        over = new - ends.keys()
        while len(self._settled) > KEPT:
            over.add(oldest := next(iter(self._settled)))
            del self._settled[oldest]
        self._rows = [row for row in self._rows if row[1] not in over]

    def result(self, seconds: float, repeat: str) -> CellResult:
        """Return the cell as it stands."""
        seen = self._seen
        if not any(seen.counts.values()):
            seen = Tally(
                seen.evidence, seen.counts, seen.looks, seen.failures, samples(History(self._rows), [])
            )
        return weigh(
            seen,
            cell=self.cell,
            subject=self._subject,
            unit=self._server.unit,
            offers=self._server.offers,
            scenario=self.scenario,
            checkers=self._checkers,
            sent=self.sent,
            seconds=seconds,
            repeat=repeat,
        )


def told(witness: Witness, tokens: dict[str, str]) -> str:
    """Return the anomaly with both tokens, as in ``bleed: u3r7-1f… read u5r2-9c…``."""
    victim = tokens.get(witness.victim, witness.victim)
    verb = VERBS.get(witness.anomaly)
    if verb is None or witness.writer is None:
        what = "lost its own" if witness.anomaly is Anomaly.LOST else "left behind its"
        return f"{witness.anomaly}: {victim} {what} {witness.name!r}"
    return f"{witness.anomaly}: {victim} {verb} {tokens.get(witness.writer, witness.writer)}"


def _of(history: History, requests: set[str]) -> History:
    return History(row for row in history.rows if row[1] in requests)
