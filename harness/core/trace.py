"""What a walk through the lifecycle records: after each phase, what is stored and what the proxies resolve to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """What one storage holds under one key: ``values`` is text, as in ``{"stack": [alice, bob]}``."""

    storage: str
    unit: str
    values: str


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What an expression answers; ``owner`` is the request that the answer belongs to, or empty for nothing."""

    expression: str
    answer: str
    owner: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One phase of one request, seen from the unit that runs it."""

    request: str
    unit: str
    phase: str
    held: tuple[Held, ...]
    glimpses: tuple[Glimpse, ...]

    def foreign(self) -> tuple[Glimpse, ...]:
        """Return what belongs to another request."""
        return tuple(each for each in self.glimpses if each.owner not in ("", self.request))


@dataclass(frozen=True, slots=True)
class Walk:
    """Two requests that took turns through the lifecycle over one subject."""

    subject: str
    summary: str
    unit: str
    promised: bool
    """Whether the subject says that it keeps such units apart."""
    moments: tuple[Moment, ...]
    answers: tuple[tuple[str, str], ...]
    """(request, what its client got)."""
