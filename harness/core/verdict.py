"""What was seen, and what it means against the promise: anomalies, witnesses, outcomes and grades."""

from dataclasses import dataclass
from enum import StrEnum

from localimpl import Promise, Unit


class Anomaly(StrEnum):
    """The ways in which what belongs to one request goes wrong."""

    BLEED = "bleed"
    """A request saw the value of another that was in flight together with it."""
    STALE = "stale"
    """A request saw the value of another that was over before it began."""
    LOST = "lost"
    """A request's own value was gone, or another of its own values was in its place."""
    TORN = "torn"
    """Fields that belong together came from two requests."""
    CROSSED_REPLY = "crossed reply"
    """A client got the answer to another's request."""
    LOST_UPDATE = "lost update"
    """Two read-modify-writes began from the same value, so one of them was overwritten."""
    RESIDUE = "residue"
    """After the end of a request its values were still stored for the unit that ran it."""


class Need(StrEnum):
    """The evidence without which a checker's silence means nothing; each is a count in Evidence."""

    OVERLAP = "overlap"
    REUSE = "reuse"
    ENDS = "ends"
    REPLIES = "replies"
    UPDATES = "updates"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How often a history offered the chance to go wrong; every count is of requests, taken where they ran."""

    entered: int = 0
    """Requests that began to run."""
    ends: int = 0
    """Requests that ended and whose storage was looked at."""
    failed: int = 0
    """Requests that ended in an error that their scenario does not expect."""
    cancelled: int = 0
    """Requests cut short from outside, as their scenario wanted."""
    unanswered: int = 0
    """Requests that entered and never left."""
    overlap: int = 0
    """Requests of which another, on another unit, wrote the same name or ended between a write and the read of it."""
    reuse: int = 0
    """Requests that ran on a unit after another had ended on it."""
    replies: int = 0
    """Answers whose token the client compared, while other requests were in flight."""
    updates: int = 0
    """Requests whose read-modify-write, from before its read to their end, overlapped another's of the same thing."""

    def of(self, need: Need) -> int:
        """Return the count that a checker needs."""
        return int(getattr(self, need.value))


@dataclass(frozen=True, slots=True)
class Witness:
    """The events that prove a mix-up: what the victim saw, and where that came from."""

    anomaly: Anomaly
    victim: str
    writer: str | None
    name: str
    seqs: tuple[int, ...]
    """Positions of the events in the history, the writer's first."""
    sentence: str


class Outcome(StrEnum):
    """What was observed; the worst of several is their sum."""

    ISOLATED = "isolated"
    INCONCLUSIVE = "inconclusive"
    MIXED = "mixed"


SEVERITY = {Outcome.ISOLATED: 0, Outcome.INCONCLUSIVE: 1, Outcome.MIXED: 2}


def worst(outcomes: list[Outcome]) -> Outcome:
    """Return the worst outcome; of none, inconclusive."""
    return max(outcomes, key=SEVERITY.__getitem__, default=Outcome.INCONCLUSIVE)


class Grade(StrEnum):
    """The outcome held against the promise."""

    KEPT = "kept"
    """Promised, and seen to be isolated."""
    BROKEN = "broken"
    """Promised, and seen to mix."""
    CAUGHT = "caught"
    """Known to mix here, and seen to."""
    MISSED = "missed"
    """Known to mix here, and not seen to: the harness failed."""
    UNPROMISED = "unpromised"
    """Nothing is promised here; the outcome is shown for information."""
    UNPROVEN = "unproven"
    """Promised, but the run had not the evidence to tell."""


def demands(unit: Unit, offers: frozenset[Need]) -> bool:
    """Tell whether a place gives every chance that its unit can have, so that a control which hides there is missed.

    Requests must overlap there, and units be used again; a task never is.
    """
    return Need.OVERLAP in offers and (unit is Unit.TASK or Need.REUSE in offers)


def grade(outcome: Outcome, promise: Promise, unit: Unit, scenario: str, offers: frozenset[Need]) -> Grade:
    """Hold an outcome against what the subject promises, or must be seen to do, on this unit and scenario."""
    if (unit, scenario) in promise.refuted_on:
        if outcome is Outcome.MIXED:
            return Grade.CAUGHT
        return Grade.MISSED if demands(unit, offers) else Grade.UNPROMISED
    if unit not in promise.isolates or (unit, scenario) in promise.exempt:
        return Grade.UNPROMISED
    return {
        Outcome.ISOLATED: Grade.KEPT,
        Outcome.INCONCLUSIVE: Grade.UNPROVEN,
        Outcome.MIXED: Grade.BROKEN,
    }[outcome]


def upper_bound(chances: int, confidence: float = 0.95) -> float | None:
    """Return the mix-up rate that 0 of ``chances`` excludes at this confidence (0 to 1), or None for no chance."""
    return 1 - (1 - confidence) ** (1 / chances) if chances else None
