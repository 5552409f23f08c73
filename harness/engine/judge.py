"""Judges a history: runs the checkers, weighs their silence by the evidence, and grades it against the promise."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.core.evidence import measure
from harness.core.exploration import Exploration
from harness.core.history import Event, History, Kind
from harness.core.ports import Checker
from harness.core.reads import Seen, judge_reads
from harness.core.record import Cell, CellResult, Ending, Finding, Sample, State, Trouble
from harness.core.scenario import Scenario
from harness.core.verdict import Anomaly, Evidence, Need, Outcome, Witness, grade, upper_bound, worst
from localimpl import Promise, Subject, Unit

MOST_TROUBLES = 5
MOST_EVENTS = 60
HARMLESS = {Seen.OWN, Seen.EMPTY}


@dataclass(slots=True)
class Tally:
    """What was counted in a history, or in several that follow each other."""

    evidence: Evidence = field(default_factory=Evidence)
    counts: Counter[Anomaly] = field(default_factory=Counter)
    """Witnesses of each anomaly."""
    looks: Counter[tuple[str, Seen]] = field(default_factory=Counter)
    """What look-ups saw, by name."""
    failures: Counter[str] = field(default_factory=Counter)
    samples: tuple[Sample, ...] = ()


def tally(history: History, checkers: Iterable[Checker]) -> Tally:
    """Run the checkers and count what a verdict rests on."""
    found = {checker.anomaly: list(checker.check(history)) for checker in checkers}
    return Tally(
        evidence=measure(history),
        counts=Counter({anomaly: len(witnesses) for anomaly, witnesses in found.items()}),
        looks=Counter((look.read.name, look.seen) for look in judge_reads(history)),
        failures=Counter(event.value for event in history if event.kind is Kind.FAILED),
        samples=samples(history, [witnesses[0] for witnesses in found.values() if witnesses]),
    )


def judge(
    history: History,
    *,
    cell: Cell,
    subject: Subject,
    unit: Unit,
    offers: frozenset[Need],
    scenario: Scenario,
    checkers: Sequence[Checker],
    sent: int,
    seconds: float,
    repeat: str,
) -> CellResult:
    """Return the result of a cell that ran to its end."""
    return weigh(
        tally(history, checkers),
        cell=cell,
        subject=subject,
        unit=unit,
        offers=offers,
        scenario=scenario,
        checkers=checkers,
        sent=sent,
        seconds=seconds,
        repeat=repeat,
    )


def weigh(
    seen: Tally,
    *,
    cell: Cell,
    subject: Subject,
    unit: Unit,
    offers: frozenset[Need],
    scenario: Scenario,
    checkers: Iterable[Checker],
    sent: int,
    seconds: float,
    repeat: str,
) -> CellResult:
    """Return the result of a cell of which so much was counted."""
    findings = tuple(
        finding(
            checker,
            seen.counts[checker.anomaly],
            seen.evidence,
            required=checker.anomaly in scenario.looks_for and checker.needs in offers,
        )
        for checker in checkers
    )
    states = observed_states(seen.looks)
    ignoring = unpromised(scenario, subject.promise)
    outcome = sum_up(findings, states, seen.evidence, sent, ignoring)
    return CellResult(
        cell=cell,
        unit=unit,
        ending=Ending.JUDGED,
        outcome=outcome,
        grade=grade(outcome, subject.promise, unit, scenario.name, offers),
        sent=sent,
        evidence=seen.evidence,
        findings=findings,
        states=states,
        samples=seen.samples,
        troubles=troubles(seen.failures, sent, seen.evidence),
        seconds=round(seconds, 4),
        repeat=repeat,
    )


def unpromised(scenario: Scenario, promise: Promise) -> frozenset[Anomaly]:
    """Return the anomalies that a scenario shows and that this subject does not promise to prevent."""
    return scenario.unpromised - ({Anomaly.LOST_UPDATE} if promise.keeps_updates else frozenset())


def finding(checker: Checker, count: int, evidence: Evidence, *, required: bool) -> Finding:
    """Weigh what a checker found by the chances that it had: silence without a chance is inconclusive."""
    chances = evidence.of(checker.needs)
    if count:
        outcome = Outcome.MIXED
    else:
        outcome = Outcome.ISOLATED if chances else Outcome.INCONCLUSIVE
    bound = upper_bound(chances) if outcome is Outcome.ISOLATED else None
    return Finding(checker.anomaly, checker.needs, chances, count, outcome, bound, required)


def sum_up(
    findings: Iterable[Finding],
    states: Iterable[State],
    evidence: Evidence,
    sent: int,
    ignoring: frozenset[Anomaly],
) -> Outcome:
    """Return the outcome: any mix-up counts, silence only where required, and trouble leaves nothing proven.

    Trouble is a request that failed, hung or never ran, and a value that nobody wrote.
    """
    counted = [each for each in findings if each.anomaly not in ignoring]
    outcomes = [each.outcome for each in counted if each.required or each.outcome is Outcome.MIXED]
    strange = any(state.seen == Seen.UNKNOWN for state in states)
    if strange or evidence.failed or evidence.unanswered or evidence.entered < sent:
        outcomes.append(Outcome.INCONCLUSIVE)
    return worst(outcomes)


def with_exploration(flooded: Outcome, explored: Exploration | None, was_flooded: bool) -> Outcome:
    """Return the outcome of a flood and an exploration: a mix-up counts, whichever of the two saw it.

    A cell that was not flooded has the exploration's alone.
    """
    if explored is None:
        return flooded
    if not was_flooded:
        return explored.outcome
    return Outcome.MIXED if explored.outcome is Outcome.MIXED else flooded


def observed_states(looks: Mapping[tuple[str, Seen], int]) -> tuple[State, ...]:
    """Return what look-ups saw, by name: the unexpected first."""
    states = [State(name, seen.value, count, seen in HARMLESS) for (name, seen), count in looks.items()]
    return tuple(sorted(states, key=lambda state: (state.expected, -state.count, state.name)))


def samples(history: History, witnesses: Sequence[Witness]) -> tuple[Sample, ...]:
    """Keep the raw events behind the first witness of each anomaly; of a clean history, those of two requests."""
    events = list(history)
    if witnesses:
        return tuple(_sample(events, witness, _involved(events, witness)) for witness in witnesses)
    return (_sample(events, None, _companions(events)),) if events else ()


def _involved(events: Sequence[Event], witness: Witness) -> tuple[str, ...]:
    """Return the writer, whoever else wrote a field of what was read together, and the victim."""
    writers = [witness.writer]
    together = events[witness.seqs[-1]].value
    if witness.anomaly is Anomaly.TORN:
        writers += [event.request for event in events if event.kind is Kind.WROTE and event.value in together]
    return tuple(dict.fromkeys(each for each in (*writers, witness.victim) if each is not None))


def _companions(events: Sequence[Event]) -> tuple[str, ...]:
    """Return two requests that were in flight together, or else the last two."""
    in_flight: list[str] = []
    pair: tuple[str, ...] = ()
    for event in events:
        if event.kind is Kind.ENTER:
            in_flight.append(event.request)
            if len(in_flight) > 1:
                pair = tuple(in_flight[-2:])
        elif event.kind is Kind.LEAVE and event.request in in_flight:
            in_flight.remove(event.request)
    return pair or tuple(dict.fromkeys(event.request for event in events))[-2:]


def _sample(events: Sequence[Event], witness: Witness | None, requests: tuple[str, ...]) -> Sample:
    """Cut to the events of these requests; of a long one, to its frame and to what speaks of the witness's name.

    The frame tells a recheck who was in flight with whom, and who had begun by then. A look-up of what yet another
    request wrote is left out, unless it is the witness: without that write a recheck could but take the value for
    one that nobody wrote.
    """
    others = {event.value for event in events if event.kind is Kind.WROTE and event.request not in requests}
    proof = witness.seqs if witness else ()
    kept = [
        event
        for event in events
        if event.request in requests
        and (event.seq in proof or event.kind is not Kind.READ or others.isdisjoint(_values(event)))
    ]
    if len(kept) > MOST_EVENTS:
        names = set(witness.name.split("+")) | {witness.name} if witness else set()
        frame = [
            event
            for event in kept
            if not event.name or event.kind is Kind.BEGAN or (witness and event.seq in witness.seqs)
        ]
        telling = [event for event in kept if event.name in names and event not in frame]
        kept = sorted(frame + telling[: max(MOST_EVENTS - len(frame), 0)])
    rows = tuple(
        (event.seq, str(event.kind), event.request, event.unit, event.name, event.value) for event in kept
    )
    return Sample(witness, requests, rows)


def _values(read: Event) -> tuple[str, ...]:
    return read.value if isinstance(read.value, tuple) else (read.value,)


def troubles(failures: Counter[str], sent: int, evidence: Evidence) -> tuple[Trouble, ...]:
    """Gather the failures of requests, the most frequent first, and what went missing."""
    found = [Trouble(text, count) for text, count in failures.most_common(MOST_TROUBLES)]
    if evidence.entered < sent:
        found.append(Trouble("sent, but never began to run", sent - evidence.entered))
    if evidence.unanswered:
        found.append(Trouble("began to run and never ended", evidence.unanswered))
    return tuple(found)
