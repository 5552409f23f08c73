"""What virtual users send: calls with placeholders, gathered into flows that one visit walks through in order."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Capture:
    """A value that later calls of the flow use as ``{name}``: taken from an answer."""

    name: str
    source: str
    """``body``, ``json``, ``header`` or ``cookie``."""
    pattern: str
    """A regular expression whose first group is the value, a dotted path, or the name of the header or cookie.

    Behind a header's name a / and a regular expression may follow, as in ``Location//orders/(\\d+)``.
    """

    @property
    def expression(self) -> str:
        """Return the regular expression that the value is taken by; empty when it is taken whole."""
        if self.source == "body":
            return self.pattern
        return self.pattern.partition("/")[2] if self.source == "header" else ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a template.

    Placeholders, in path, headers and body: ``{token}`` is new for each visit and unguessable, ``{token:NAME}`` are
    further ones; ``{user}`` is one for each virtual user; ``{int}`` and ``{int:NAME}`` are unguessable whole numbers
    of a visit; ``{choice:a|b|c}`` is drawn for each visit; ``{NAME}`` is what a call before captured. ``{{NAME}}``
    is a ``{NAME}`` to be sent as it stands; braces around anything else need no doubling, as in JSON.
    """

    method: str
    path: str
    headers: Headers = ()
    body: str = ""
    captures: tuple[Capture, ...] = ()
    expects: tuple[str, ...] = ()
    """Templates of what an answer must hold, alone as well: for an app that loses it in each request."""

    @property
    def name(self) -> str:
        """Return method and path without its query: what a report calls the endpoint."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class Flow:
    """Calls that one visit sends in order, with cookies kept as a browser does; most flows have one call."""

    calls: tuple[Call, ...]
    weight: int = 1
    name: str = ""

    def asks(self, endpoints: Collection[str]) -> bool:
        """Tell whether one of its calls goes to one of these endpoints."""
        return any(call.name in endpoints for call in self.calls)


@dataclass(frozen=True, slots=True)
class Traffic:
    """All that can be sent."""

    flows: tuple[Flow, ...] = field(default=())
