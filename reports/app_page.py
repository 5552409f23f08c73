"""Writes the page of a run against an app: one self-contained file, the verdict and the two requests first."""

from dataclasses import dataclass
from typing import Any

from harness.core.app_record import AppRun, Sighting, Sign
from harness.core.verdict import Anomaly, Outcome
from reports import app_words, words
from reports.app_causes import Cause, causes
from reports.app_lanes import draw, flight
from reports.app_marked import cut, pieces, printable
from reports.app_proof import proof
from reports.app_sentences import (
    advice,
    few,
    happened,
    last_lines,
    often,
    opening,
    shorten,
    span,
    timing,
    told,
    verdict,
    when,
)
from reports.html import environment, frame
from reports.words import plural

MOST_CAUSES = 20
MOST_SIGHTINGS = 12
MOST_ENDPOINTS = 200
LOG_LINES = 60

TITLES = {
    Outcome.MIXED: "Mixed up",
    Outcome.ISOLATED: "Kept apart",
    Outcome.INCONCLUSIVE: "Nothing can be told",
}
TONES = {Outcome.MIXED: "bad", Outcome.ISOLATED: "good", Outcome.INCONCLUSIVE: "open"}


@dataclass(frozen=True, slots=True)
class Share:
    """One stretch of the bar under the verdict: requests that went one way."""

    label: str
    tone: str
    count: int


def render_app(run: AppRun) -> str:
    """Return the page of a run as HTML."""
    templates = environment()
    templates.globals.update(
        proof=lambda shown: proof(shown, run),
        tone=lambda cause: tone(cause, run),
        label_of=label_of,
        happened=happened,
        often=often,
        timing=timing,
        when=when,
        flight=flight,
        draw=draw,
        pieces=pieces,
        printable=printable,
        shorten=shorten,
        span=span,
        cut=cut,
        few=few,
        option=option,
        plural=plural,
        signs=app_words.SIGNS,
        most_causes=MOST_CAUSES,
        most_sightings=MOST_SIGHTINGS,
    )
    found = causes(run)
    endpoints = sorted(run.endpoints, key=lambda each: (-each.mixed, -each.failed))
    return templates.get_template("app.html.j2").render(
        run=run,
        verdict=verdict(run),
        outcome=told(run),
        causes=found,
        opening=opening(run),
        shares=shares(run),
        steps=advice(run),
        log="\n".join(last_lines(run, LOG_LINES)),
        endpoints=endpoints[:MOST_ENDPOINTS],
        unlisted=max(0, len(endpoints) - MOST_ENDPOINTS),
        titles=TITLES,
        tones=TONES,
        glossary=(
            ("Signs", app_words.SIGNS),
            ("Anomalies", ANOMALIES),
            ("All else", app_words.TERMS | TERMS),
        ),
        **frame("page.css", "app.css"),
    )


ANOMALIES = {each: words.ANOMALIES[each] for each in (*app_words.WHEN, Anomaly.LOST, Anomaly.RESIDUE)}
TERMS = {term: words.TERMS[term] for term in ("unit", "server", "mix-up", "evidence", "bound", "token")}


def shares(run: AppRun) -> tuple[Share, ...]:
    """Return how the requests under load went, the worst first; of none, nothing."""
    mixed = sum(each.mixed for each in run.endpoints)
    failed = sum(each.failed for each in run.endpoints)
    sent, answered = (sum(getattr(each, what) for each in run.endpoints) for what in ("sent", "answered"))
    rest = max(0, min(sent - failed, answered) - mixed)
    vague = told(run) is Outcome.INCONCLUSIVE
    unlike = Share("not told", "unproven", mixed) if vague else Share("mixed", "broken", mixed)
    quiet = Share("answered as alone", "kept", 0 if vague and not mixed else rest)
    found = (unlike, Share("failed only under load", "crashed", failed), quiet)
    if run.outcome is Outcome.MIXED and not mixed + failed:
        return ()  # what was left behind shows in no answer, and green would deny it
    return tuple(each for each in found if each.count)


def tone(cause: Cause, run: AppRun) -> str:
    """Return the tone of a cause: where nothing can be told, what was seen is no fault yet."""
    if told(run) is Outcome.INCONCLUSIVE:
        return "unproven"
    return "crashed" if cause.failing else "broken"


def label_of(shown: Sighting) -> str:
    """Say what the text is that shows a sighting, as the head of a column."""
    if shown.sign is Sign.LEFT_BEHIND:
        return f"Then {shorten(shown.where)} held"
    return LABELS.get(shown.sign, f"This time {shown.victim.user} got")


LABELS = {
    Sign.LOG: "The line",
    Sign.CALL: "The call",
}


def option(value: Any) -> str:
    """Return an option's value as text."""
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return cut(printable(text), 0)
