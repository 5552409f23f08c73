"""What is stored of a run against somebody's own app: plain dataclasses, kept as JSON, drawn by the reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness.core.exploration import Exploration
from harness.core.record import Ending, Run, from_data, load, parse, read_text
from harness.core.verdict import Anomaly, Outcome

APP_SCHEMA = "ctxstress-app/1"


class Sign(StrEnum):
    """How a failure of isolation showed, seen from outside the app or by the probe inside."""

    FOREIGN = "another's value"
    """An answer holds a token of another visit or user."""
    CROSSED = "another's answer"
    """An answer holds, where its own tokens belong, those of another, or is what another request gets alone."""
    SHARED_COOKIE = "one cookie for two users"
    """A cookie value that differs from user to user was given to two of them."""
    LOST = "own value gone"
    """An answer lacks a token of its own that it holds when the request is sent alone."""
    DIFFERS = "differs from the answer it gets alone"
    """An answer is, its volatile parts masked, none that the request was given alone."""
    FAILED = "fails only under load"
    """An error status or a broken connection where the request sent alone succeeds."""
    UNANSWERED = "no answer under load"
    LEFT_BEHIND = "still held after the request"
    """The probe found a token of a request that was over in a variable of the app."""
    LOG = "a log line with values of two"
    CALL = "an outgoing call with values of two"


@dataclass(frozen=True, slots=True)
class Who:
    """One visit of one virtual user."""

    user: str
    """The user's label, as in ``u3``."""
    visit: str
    """The visit's label, as in ``u3v17``."""
    token: str
    unit: str = ""
    """The thread, greenlet or task that ran the request, where the server is ours."""
    sent: str = ""
    """The request as it went out: line, headers, body; cut to what a reader needs."""
    got: str = ""
    """The answer as it came: status, headers, body; cut to what a reader needs, the foreign part kept."""
    entered: float | None = None
    """When its client began to send it, in seconds since the flooding began."""
    left: float | None = None
    """When its client had the answer, on the same scale."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One failure of isolation, with whose data turned up where."""

    sign: Sign
    anomaly: Anomaly | None
    """Bleed or stale by the server's stamps of when requests entered and left; None where that is not known."""
    endpoint: str
    """Method and path template, as in ``GET /orders/{token}``."""
    victim: Who
    owner: Who | None
    """Whose value it was; None where that cannot be told."""
    where: str
    """``body``, ``status line``, ``header X-User``, ``cookie sid``, ``shop.cart:CURRENT``, ``app.log:17``."""
    shown: str
    """The place it stood, with some characters around it."""
    expected: str
    """What stands there when the request is sent alone, masked; empty where that says nothing."""
    pressure: str
    clients: int
    at: int
    """How many requests had been sent by then, over all rounds."""
    seconds: float
    """How long the flooding had taken by then."""
    value: str = ""
    """What was foreign, as it stood there: marked in what is shown; empty where nothing can be pointed at."""
    count: int = 0
    """How often this sign was seen at this endpoint (of LEFT_BEHIND: in this variable), over all rounds; 0 where that
    was not counted."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is known of one kind of request."""

    name: str
    sent: int
    answered: int
    mixed: int
    """Answers with a sign of a mix-up."""
    failed: int
    """Errors and missing answers under load."""
    statuses: Mapping[str, int]
    masked: tuple[str, ...]
    """Parts of the answer that vary when it is sent alone, and so were not compared."""
    carries: tuple[str, ...]
    """Where an answer holds the request's own tokens when it is sent alone."""
    alone: str
    """The answer that the request gets alone, its tokens named and volatile parts masked; cut to a few lines."""
    failed_alone: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """One flood: how the clients behaved, and what came of it."""

    pressure: str
    summary: str
    clients: int
    sent: int
    answered: int
    seconds: float
    overlap: int
    """Requests that ran together with another, by the server's stamps; by the clients' clocks where it is not ours."""
    reuse: int
    """Requests that ran on a unit on which another had run before; 0 where that is not known."""
    signs: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: "Round") -> "Round":
        """Return this round and another of the same pressure as one, with the signs of this."""
        return replace(
            self,
            sent=self.sent + other.sent,
            answered=self.answered + other.answered,
            seconds=round(self.seconds + other.seconds, 3),
            overlap=self.overlap + other.overlap,
            reuse=self.reuse + other.reuse,
        )


@dataclass(frozen=True, slots=True)
class AppRun:
    """One run against an app with its whole record."""

    schema: str
    version: str
    command: str
    app: str
    """``shop.wsgi:app`` or the URL."""
    server: str
    """The server's name; empty for a URL."""
    server_summary: str
    seed: int
    options: Mapping[str, Any]
    environment: Mapping[str, str]
    started: str
    seconds: float
    interrupted: bool
    ending: Ending
    outcome: Outcome
    reason: str
    """Why nothing could be told, where the outcome is inconclusive: one sentence with what to do."""
    log: str
    """The last lines of the app's process, where it did not start or ended by itself."""
    stamped: bool
    """Whether the app's own process stamped enter and leave of each request; else the clients' clocks were used."""
    endpoints: tuple[Endpoint, ...] = ()
    rounds: tuple[Round, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    """The first of each kind, capped; ``signs`` of the rounds have the counts."""
    allowed: Mapping[str, int] = field(default_factory=dict)
    """Each pattern of what may come back to others, with how often it did."""
    smallest: int | None = None
    """The smallest number of clients that showed a mix-up, of those tried."""
    tried: tuple[int, ...] = ()
    """The numbers of clients that were tried for it."""
    bound: float | None = None
    """For a clean run: the rate of mix-ups that it excludes at 95 %, over requests that overlapped another."""
    repeat: str = ""
    notes: tuple[str, ...] = ()
    explored: Exploration | None = None
    """What a search for the interleaving of two users came to, where a mix-up was seen."""

    def exit_code(self) -> int:
        """Return 130 when interrupted, 1 for a mix-up, 2 when nothing can be told, else 0."""
        if self.interrupted:
            return 130
        if self.outcome is Outcome.MIXED:
            return 1
        return 0 if self.outcome is Outcome.ISOLATED and self.ending is Ending.JUDGED else 2


def app_from_json(text: str, source: str) -> AppRun:
    """Read a run against an app; ``source`` names the file in errors. Raises UserError for what is none."""
    return parse(AppRun, APP_SCHEMA, load(text, source), source)


def read_record(path: Path) -> Run | AppRun:
    """Read a run of either kind from a file, or the newer one in a directory; its schema tells which it is.

    Raises UserError when it cannot.
    """
    file = path
    if path.is_dir():
        present = [each for name in ("run.json", "app.json") if (each := path / name).is_file()]
        file = max(present, key=lambda each: each.stat().st_mtime_ns, default=path / "run.json")
    source = str(file)
    data = load(read_text(file), source)
    if data.get("schema") == APP_SCHEMA:
        return parse(AppRun, APP_SCHEMA, data, source)
    return from_data(data, source)
