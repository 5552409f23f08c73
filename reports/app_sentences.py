"""Says in plain words what a run against an app comes to: whose data went to whom, how often, and what to do."""

from collections.abc import Iterator, Sequence

from harness.core.app_record import AppRun, Round, Sighting, Sign, Who
from harness.core.record import Ending
from harness.core.verdict import Anomaly, Outcome
from reports.app_causes import Cause, causes
from reports.app_marked import printable
from reports.app_words import ANSWERS, WHEN
from reports.verdict import Verdict
from reports.words import ANOMALIES, listed, plural

MOST_NAMED = 3
"""Further causes that the verdict names."""
LONGEST_PLACE = 60
MOST_PARTS = 6
"""Carried or masked parts of an answer that are named."""

ENDINGS = {
    Ending.HUNG: "the app did not come up, or stood still, within its time limit.",
    Ending.CRASHED: "the app's process ended by itself.",
    Ending.NOT_RUN: "the app was not run.",
    Ending.NOT_APPLICABLE: "this server cannot run the app.",
}


def verdict(run: AppRun) -> Verdict:
    """Return what a run comes to; it is good exactly where the exit code is 0."""
    said = [*_sentences(run)]
    if run.interrupted and run.outcome is Outcome.MIXED:
        said.insert(1, "The run was interrupted; this is what was known by then.")
    return Verdict(said[0], tuple(said[1:]), run.exit_code() == 0)


def told(run: AppRun) -> Outcome:
    """Return the outcome as it is shown: a run that did not come to its end tells nothing but a mix-up."""
    if run.outcome is Outcome.ISOLATED and run.exit_code():
        return Outcome.INCONCLUSIVE
    return run.outcome


def _sentences(run: AppRun) -> Iterator[str]:
    yield " ".join(opening(run))
    found = causes(run)
    if run.outcome is Outcome.MIXED:
        yield from _beside(found, run)
    elif told(run) is Outcome.ISOLATED:
        yield from _quiet(run)
    elif found:
        yield f"What was seen: {headline(found[0], run)}"


def opening(run: AppRun) -> tuple[str, str]:
    """Return the first sentence in two parts: what happened, and the measures or reasons of it."""
    found = causes(run)
    if run.outcome is Outcome.MIXED and found:
        return f"{happened(found[0].first)}:", measured(found[0], run)
    if run.outcome is Outcome.MIXED:
        return f"Requests to {shorten(run.app)} were mixed up,", "and the record holds no sighting of it."
    if told(run) is Outcome.ISOLATED:
        return "No answer held another's data", clean(run)
    if run.interrupted:
        return f"The run of {shorten(run.app)} was interrupted:", run.reason.partition("\n")[0] or _so_far(
            run
        )
    reason = run.reason.partition("\n")[0] or ENDINGS.get(
        run.ending, "too few requests overlapped or were answered."
    )
    return f"Nothing can be told of {shorten(run.app)}:", reason


def last_lines(run: AppRun, most: int) -> list[str]:
    """Return the last lines of the app's log, or else what a reason brought of them."""
    return printable(run.log or run.reason.partition("\n")[2]).splitlines()[-most:]


def _so_far(run: AppRun) -> str:
    answered = sum(each.answered for each in run.rounds)
    if not answered or run.sightings:
        return "it had not come far enough to tell anything."
    return f"no answer of {answered:,} held another's data by then, which is too little to tell."


def headline(cause: Cause, run: AppRun) -> str:
    """Say what happened, how often, when first, under which load, and how little of it is enough."""
    return f"{happened(cause.first)}: {measured(cause, run)}"


def measured(cause: Cause, run: AppRun) -> str:
    """Say the same without what happened."""
    first = cause.sightings[0]
    load = f"{plural(first.clients, 'client')} at once on {run.server or shorten(run.app)}"
    enough = ""
    if run.smallest is not None and cause == causes(run)[0]:
        enough = f"; {plural(run.smallest, 'client')} {'is' if run.smallest == 1 else 'are'} enough"
    return (
        f"{often(cause)}, first after {plural(first.at, 'request')} ({span(first.seconds)}), {load}{enough}."
    )


def happened(sighting: Sighting) -> str:
    """Say what happened to whom, as in ``GET /orders/{token} gave u3's data to u7``."""
    where, victim, owner = shorten(sighting.endpoint), sighting.victim, sighting.owner
    match sighting.sign:
        case Sign.FOREIGN:
            return f"{where} gave {_whose(owner, victim)} to {victim.user}"
        case Sign.CROSSED:
            whose = f"the answer to {_other(owner, victim)}" if owner else "the answer to another request"
            return f"{where} gave {victim.user} {whose}"
        case Sign.SHARED_COOKIE:
            return f"{where} gave {_two(owner, victim)} the same {shorten(sighting.where) or 'cookie'}"
        case Sign.LOST:
            return f"{where} lost {victim.user}'s own data"
        case Sign.DIFFERS:
            return f"{where} gave {victim.user} an answer that the request never gets alone"
        case Sign.FAILED:
            return f"{where} fails only under load, here for {victim.user}"
        case Sign.UNANSWERED:
            return f"{where} left {victim.user} without an answer, only under load"
        case Sign.LEFT_BEHIND:
            return (
                f"{shorten(sighting.where)} still held {(owner or victim).user}'s data after {where} was over"
            )
        case Sign.LOG:
            return f"{shorten(sighting.where)} has the data of {_two(owner, victim)} in one line"
        case Sign.CALL:
            return f"An outgoing call of {where} had the data of {_two(owner, victim)}"


def _whose(owner: Who | None, victim: Who) -> str:
    if owner is None:
        return "another's data"
    return f"{owner.user}'s data" + (
        f" of another visit ({owner.visit})" if owner.user == victim.user else ""
    )


def _other(owner: Who, victim: Who) -> str:
    return f"its own visit {owner.visit}" if owner.user == victim.user else f"{owner.user}'s request"


def _two(owner: Who | None, victim: Who) -> str:
    if owner is None:
        return f"{victim.user} and another"
    if owner.user == victim.user:
        return f"{owner.visit} and {victim.visit}"
    return f"{owner.user} and {victim.user}"


def often(cause: Cause) -> str:
    """Say how often a cause was seen, as in ``41 of 2,000 answers``."""
    if not cause.chances:
        return plural(cause.seen, "time")
    noun = "answer" if cause.sign in ANSWERS else "request"
    return f"{min(cause.seen, cause.chances):,} of {plural(cause.chances, noun)}"


def timing(sighting: Sighting) -> str:
    """Say how the two requests lay in time, or that this is not known."""
    victim, owner = sighting.victim, sighting.owner
    if sighting.anomaly is Anomaly.BLEED and owner:
        return f"The requests of {_two(owner, victim)} were in flight at the same time."
    if sighting.anomaly is Anomaly.STALE and owner:
        first, second = (
            (owner.visit, victim.visit) if owner.user == victim.user else (owner.user, victim.user)
        )
        return f"{first}'s request was over before {second}'s began: its value was left over from an earlier request."
    if sighting.anomaly in WHEN:
        return f"It was {WHEN[sighting.anomaly]}."
    if sighting.anomaly is not None:
        return ANOMALIES[sighting.anomaly]
    if owner and sighting.sign in ANSWERS:
        return "Whether the two were in flight at the same time is not known."
    return ""


def when(sighting: Sighting) -> str:
    """Say the same in a few words, for a table."""
    if sighting.anomaly is None:
        return "not known"
    said = WHEN.get(sighting.anomaly)
    return f"{said} ({sighting.anomaly})" if said else sighting.anomaly.value


def _beside(found: tuple[Cause, ...], run: AppRun) -> Iterator[str]:
    parts = [timing(found[0].first)] if found else []
    if run.smallest is None and run.tried:
        parts.append(f"It did not show again with {_numbers(run.tried)}.")
    said = " ".join(part for part in parts if part)
    if said:
        yield said
    if len(found) > 1:
        others = [f"{happened(cause.first)} ({often(cause)})" for cause in found[1 : 1 + MOST_NAMED]]
        more = len(found) - 1 - MOST_NAMED
        yield f"Also: {'; '.join(others)}{f'; and {more:,} more' if more > 0 else ''}."


def clean(run: AppRun) -> str:
    """Say in how many requests no sign was seen, and what that excludes."""
    answered = sum(each.answered for each in run.rounds)
    overlap = sum(each.overlap for each in run.rounds)
    kinds = len({each.pressure for each in run.rounds})
    pressed = (
        f"under {plural(kinds, 'kind')} of pressure" if kinds == 1 else f"over {kinds:,} kinds of pressure"
    )
    said = f"in {plural(answered, 'request')} {pressed}, of which {overlap:,} overlapped another"
    if run.bound is None:
        return f"{said}."
    return f"{said}: a rate above {percent(run.bound)} is excluded at 95 %."


def _quiet(run: AppRun) -> Iterator[str]:
    reuse = sum(each.reuse for each in run.rounds)
    if reuse:
        yield f"{plural(reuse, 'request')} ran on a unit on which another had run before, and nothing was left over."
    if not run.stamped:
        yield "What overlapped is known by the clients' clocks alone, which also count requests that waited in a queue."
    if run.allowed:
        times = sum(run.allowed.values())
        yield f"{plural(times, 'value')} came back to others as allowed by {plural(len(run.allowed), 'pattern')}."


def advice(run: AppRun) -> tuple[str, ...]:
    """Say what to do next, a sentence each."""
    outcome = told(run)
    if outcome is Outcome.ISOLATED:
        return (
            "Keep this command in CI: it ends with 0 as long as nothing is mixed up, and with 1 when something is.",
        )
    if outcome is Outcome.INCONCLUSIVE:
        step = "When that is put right, run it again."
        if run.interrupted:
            step = "Let the command run to its end."
        elif run.sightings:
            step = (
                "If it varies by design, allow it; if not, send more, until it is seen often enough to tell."
            )
        return (step,) if run.repeat else ()
    steps = []
    found = causes(run)
    if found and (place := LOOK.get(found[0].first.anomaly if found[0].first.owner else None)):
        steps.append(place)
    if run.repeat:
        steps.append("The command below shows it again; after a repair the same command ends with 0.")
    return tuple(steps)


LOOK: dict[Anomaly | None, str] = {
    Anomaly.BLEED: "Look for what both requests write while they run: a module global, an attribute of a shared "
    "object, a thread-local under greenlets or tasks.",
    Anomaly.STALE: "Look for what a request sets and nobody takes back: a thread-local or ContextVar on a pooled "
    "worker, a cache whose key leaves out the user, a connection returned unread.",
    Anomaly.RESIDUE: "Look at who sets this variable and who should clear it: whatever runs there next can read it.",
}


def round_words(each: Round) -> list[str]:
    """Say which signs a round showed, as in ``another's value 41×``."""
    return [f"{sign} {count:,}×" for sign, count in each.signs.items() if count] or ["none"]


def span(seconds: float) -> str:
    """Return a time as ``0.3 s``, ``42 s`` or ``3 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s" if seconds >= 0.05 else "under 0.1 s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def percent(share: float) -> str:
    """Return a share (0 to 1) as percent, two digits that count and no exponent."""
    value = share * 100
    if value >= 9.95:
        return f"{value:.0f} %"
    digits = f"{value:.2g}"
    return f"{float(digits):.10f}".rstrip("0").rstrip(".") + " %"


def few(parts: Sequence[str]) -> str:
    """Name some parts of an answer, and how many more there are."""
    named = ", ".join(shorten(part) for part in parts[:MOST_PARTS])
    return f"{named} and {len(parts) - MOST_PARTS:,} more" if len(parts) > MOST_PARTS else named


def shorten(text: str, longest: int = LONGEST_PLACE) -> str:
    """Cut a name from the app's world to what fits into a sentence, on one line."""
    line = " ".join(printable(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _numbers(numbers: tuple[int, ...]) -> str:
    return f"{listed([f'{each:,}' for each in numbers], 'or')} {'client' if numbers == (1,) else 'clients'}"
