"""Makes the record of a trial: what was seen, whether it is enough for a verdict, and what repeats it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.apps.exchanges import Exchange
from harness.apps.findings import Kept, answer_text
from harness.apps.oracle.endpoints import endpoints
from harness.apps.oracle.judge import hint
from harness.apps.trial import Trial
from harness.core.app_record import APP_SCHEMA, AppRun, Endpoint, Sighting, Sign, Who
from harness.core.exploration import Exploration
from harness.core.record import Ending
from harness.core.verdict import Anomaly, Outcome, upper_bound

LONGEST = 4000
LEAST_OVERLAP = 30
"""Requests that ran together with another, below which silence says nothing."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What of a record is known from the start."""

    version: str
    command: str
    app: str
    server: str
    server_summary: str
    single: bool
    """Whether the server runs one request after the other, so that nothing can overlap and reuse is what counts."""
    seed: int
    options: Mapping[str, Any]
    environment: Mapping[str, str]
    started: str
    repeat: str


@dataclass(frozen=True, slots=True)
class End:
    """How a trial ended."""

    ending: Ending
    seconds: float
    interrupted: bool = False
    reason: str = ""
    """Why nothing can be told, or nothing more."""
    log: str = ""
    repeat: str = ""
    """The command that shows what was found with as little as possible; empty for the run's own."""
    smallest: int | None = None
    tried: tuple[int, ...] = ()
    explored: Exploration | None = None


def record(frame: Frame, trial: Trial | None, end: End) -> AppRun:
    """Return the record; without a trial the app could not be reached."""
    if trial is None:
        return _run(frame, end, Outcome.INCONCLUSIVE, end.reason, stamped=False)
    found = endpoints(trial.known, trial.tallies)
    outcome, reason = _outcome(trial, found, end, frame.single)
    clean = outcome is Outcome.ISOLATED
    chances = sum(each.reuse if frame.single else each.overlap for each in trial.rounds.values())
    return _run(
        frame,
        end,
        outcome,
        reason,
        stamped=trial.journal is not None,
        endpoints=found,
        rounds=tuple(replace(each, signs=trial.findings.signs(name)) for name, each in trial.rounds.items()),
        sightings=sightings(trial),
        allowed=dict(trial.allowed.used),
        bound=upper_bound(chances) if clean else None,
        notes=tuple(_notes(trial, found)),
    )


def _run(frame: Frame, end: End, outcome: Outcome, reason: str, **known: Any) -> AppRun:
    facts = asdict(frame)
    del facts["single"]
    if end.repeat:
        facts["repeat"] = end.repeat
    return AppRun(
        schema=APP_SCHEMA,
        **facts,
        seconds=round(end.seconds, 2),
        interrupted=end.interrupted,
        ending=end.ending,
        outcome=outcome,
        reason=reason,
        log=end.log,
        smallest=end.smallest,
        tried=end.tried,
        explored=end.explored,
        **known,
    )


def _outcome(trial: Trial, found: tuple[Endpoint, ...], end: End, single: bool) -> tuple[Outcome, str]:
    """Return the outcome and, for an inconclusive one, why; a sign of a mix-up outweighs how the trial ended."""
    if trial.certain:
        return Outcome.MIXED, ""
    if end.reason:
        return Outcome.INCONCLUSIVE, end.reason
    if end.ending is not Ending.JUDGED:
        return Outcome.INCONCLUSIVE, "the app's process ended under load; its log tells more"
    if trial.unsure:
        clue = trial.unsure[0].clue
        seen = trial.judge.chance(clue).seen
        return Outcome.INCONCLUSIVE, (
            f"{seen:,} answer{'s' * (seen > 1)} of {clue.endpoint} differed from those it gets alone, which chance "
            "may explain: allow what varies by design, or send more with --requests and --seconds"
        )
    if not trial.rounds:
        return Outcome.INCONCLUSIVE, "nothing was flooded"
    if not any(each.carries for each in found) and not _choices_tell(trial):
        statuses = {status for each in found for status in each.statuses}
        if len(statuses) == 1 and (status := int(statuses.pop())) >= 400:
            return Outcome.INCONCLUSIVE, (
                f"each request was answered {status}, so the app has hardly shown anything: "
                "send what it has an answer to, with the path, the headers and the log-in that it asks for"
            )
        return Outcome.INCONCLUSIVE, (
            "no answer holds anything that belongs to its own request, so a mix-up could hardly show: put {token} or "
            "{user} where the app gives it back, as in --request 'GET /whoami?user={user}'"
        )
    failing = [each.name for each in found if each.failed_alone]
    if len(failing) == len(found):
        return Outcome.INCONCLUSIVE, f"requests failed even one at a time: {', '.join(failing)}"
    chances = sum(each.reuse if single else each.overlap for each in trial.rounds.values())
    if chances < LEAST_OVERLAP:
        what = "followed another on one worker" if single else "ran together with another"
        return Outcome.INCONCLUSIVE, (
            f"only {chances} requests {what}: give it more --clients, --requests or --seconds; on an event loop or in "
            "greenlets nothing runs together where nothing in the app waits, so send requests that make it wait"
        )
    return Outcome.ISOLATED, ""


def _choices_tell(trial: Trial) -> bool:
    """Tell whether a request with another choice gets another answer, so that a swapped one would show."""
    texts: dict[str, set[str]] = {}
    for case in trial.known.cases():
        texts.setdefault(case.call.name, set()).update(shape.cast.text() for shape in case.shapes.values())
    return any(len(each) > 1 for each in texts.values())


def _doubts(trial: Trial) -> Iterator[str]:
    """Yield for each kind of clue that chance may explain how likely that is."""
    kinds = {kept.clue.kind: kept.clue for kept in trial.unsure if kept.clue.sign is not Sign.SHARED_COOKIE}
    for clue in kinds.values():
        chance = trial.judge.chance(clue)
        share = f"{chance.likely:.0%}" if chance.likely > 0.01 else f"{max(chance.likely, 0.001):.1%}"
        yield (
            f"{clue.endpoint}, {clue.where}: unlike alone in {chance.seen:,} of {chance.looked:,} requests, and in "
            f"none of {chance.alone:,} sent alone; if it is as frequent there, so it comes out in {share} of all runs"
        )


def sightings(trial: Trial) -> tuple[Sighting, ...]:
    """Return the sightings of a trial, each with both requests and when they ran, as far as that is known."""
    findings, journal = trial.findings, trial.journal
    if journal is not None:
        journal.read()

    def stamp(kept: Kept) -> tuple[Anomaly | None, Who, Who | None]:
        token = kept.clue.owner
        victim = _who(trial, kept.exchange)
        if token is None:
            return (Anomaly.LOST if kept.clue.sign is Sign.LOST else None), victim, None
        other = findings.of_owner(token)
        owner = _who(trial, other) if other else Who(token.user, token.visit, token.text)
        if kept.clue.sign is Sign.LEFT_BEHIND:
            return Anomaly.RESIDUE, victim, owner
        anomaly = journal.relation(kept.exchange.mark, token.visit or token.user) if journal else None
        return anomaly, victim, owner

    return findings.sightings(stamp)


def _who(trial: Trial, exchange: Exchange) -> Who:
    journal, began = trial.journal, trial.began
    inside = (journal.times(exchange.mark) if journal else None) or (exchange.began, exchange.ended)
    values = exchange.visit.values
    return Who(
        user=exchange.visit.user,
        visit=exchange.visit.label,
        token=values.get("token") or next(iter(values.values()), ""),
        unit=journal.unit(exchange.mark) if journal else "",
        sent=exchange.sent[:LONGEST],
        got=answer_text(exchange),
        entered=None if began is None else round(inside[0] - began, 6),
        left=None if began is None else round(inside[1] - began, 6),
    )


def _notes(trial: Trial, found: tuple[Endpoint, ...]) -> list[str]:
    silent = [each.name for each in found if each.answered and not each.carries]
    mute = (
        [
            f"{', '.join(silent)}: no answer holds anything of its own request, so that only what differs shows there"
        ]
        if silent and len(silent) < len(found)
        else []
    )
    hints = dict.fromkeys(hint(kept.clue, trial.known) for kept in trial.findings.kept)
    unused = [f"--allow {pattern!r} never let anything pass" for pattern in trial.allowed.unused]
    return [
        *trial.notes,
        *mute,
        *_doubts(trial),
        *trial.watches.notes(),
        *(each for each in hints if each),
        *unused,
    ]
