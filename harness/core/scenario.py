"""What is tried: a claim, the view that puts it to the test, and what its clients do."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.core.ambient import Hooks
from harness.core.verdict import Anomaly
from localimpl import Unit


class Cookies(StrEnum):
    """Who carries which cookies."""

    NONE = "none"
    """Clients keep no cookies."""
    OWN = "own"
    """Each client keeps its own, as a browser does."""
    SHARED = "shared"
    """All clients are one user: they send the same cookies at once."""
    TABS = "tabs"
    """Every few clients are the tabs of one user's browser: they send that user's cookies at once."""


class Means(StrEnum):
    """What a view asks of its target; where a framework has no such thing, the scenario is not applicable."""

    LOCAL = "storage for a request under names of one's own"
    ANYWHERE = "storage that also works outside a request, on any unit"
    REQUEST = "the request"
    SESSION = "a session"
    REVOCATION = (
        "a session that ends at once when it is cleared, or given a new id by rotate(): the old one is dead"
    )
    G = "a namespace for one request"
    HOOKS = "hooks before, after and at the end of a request"
    SIGNALS = "signals when a request starts and is finished"
    NESTED = "contexts pushed inside a request"
    COPY = "a request's context handed to another unit"
    STREAM = "a body made after the view returned, within the request's context"
    BACKGROUND = "work that goes on once the answer is sent"
    SETTINGS = "settings kept by ambience: language, time zone, connection"


ALL_UNITS = frozenset(Unit)
EVERY_READ = frozenset({Anomaly.BLEED, Anomaly.STALE, Anomaly.LOST, Anomaly.RESIDUE, Anomaly.CROSSED_REPLY})


@dataclass(frozen=True, slots=True)
class Scenario:
    """One claim about isolation, with the view that any target can be given.

    ``view(app, own)`` is a generator of steps, a plain function or an ``async def``; it returns the body of the
    answer: a string, or a script that yields ``Chunk`` steps. ``prepare(hooks)`` registers hooks before the first
    request.
    """

    name: str
    claim: str
    view: Callable[..., Any]
    looks_for: frozenset[Anomaly] = EVERY_READ
    """The anomalies that the claim excludes; silence about them is a verdict only where their evidence was had."""
    units: frozenset[Unit] = ALL_UNITS
    """The kinds of unit on which the view can run."""
    prepare: Callable[[Hooks], None] | None = None
    cookies: Cookies = Cookies.NONE
    uses: frozenset[Means] = frozenset()
    """What the view and its hooks ask of their target."""
    store: str = "cookie"
    """Where the target keeps the session: ``cookie`` (signed) or ``memory`` (server-side, under a random id)."""
    status: int = 200
    """The HTTP status that a right answer has."""
    hangs_up: bool = False
    """Every third request is cut short by its client."""
    in_process: bool = False
    """Asks for steps that only a host's units perform, so it has no cell on a server."""
    few_suffice: bool = True
    """Whether three requests put the claim to the test; if not, its schedules are explored only when asked for."""
    unpromised: frozenset[Anomaly] = frozenset()
    """Anomalies that the scenario shows but that no Local can prevent."""
