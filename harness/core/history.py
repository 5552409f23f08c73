"""What happened, in order: the probe that holds a request's truth writes events, the history keeps them.

The position in the history is the order: appending to one list is atomic on every build of Python, so a number
drawn beforehand, which another unit could overtake, is not needed. A write is recorded before it is done and
a look-up after it returned, hence the write that a read saw always stands before the read.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Kind(StrEnum):
    """What an event says of its request."""

    ENTER = "enter"
    """The request, whose token is ``value``, began to run on the unit named in ``unit``."""
    WROTE = "wrote"
    """From here on ``name`` should hold ``value``, which nobody else writes."""
    EXPECT = "expect"
    """From here on ``name`` should hold the request's own earlier ``value``, or be absent."""
    READ = "read"
    """A look-up of ``name`` answered ``value``."""
    BEGAN = "began"
    """A read-modify-write of ``name`` begins: what it reads comes after this."""
    UPDATED = "updated"
    """A read-modify-write of ``name`` went from the first to the second of the two values."""
    REVOKED = "revoked"
    """Once the request is over, nobody may find ``value`` under the shared ``name``: it was ended."""
    RESIDUE = "residue"
    """After the end, the unit's storage still held ``value`` under ``name``."""
    FAILED = "failed"
    """The request ended in an error that its scenario does not expect; ``value`` tells it."""
    CANCELLED = "cancelled"
    """The client went away, or the unit was cancelled, before the end."""
    LEAVE = "leave"
    """The request is over: answered, its body sent, its contexts popped."""
    REPLIED = "replied"
    """The client got an answer that carries the token ``value``."""


# Names of the module are found faster than attributes of an enumeration, and the probe runs in the hot path.
ENTER, WROTE, EXPECT, READ = Kind.ENTER, Kind.WROTE, Kind.EXPECT, Kind.READ
LEAVE = Kind.LEAVE

ABSENT = "<absent>"
"""The recorded answer of a look-up that found nothing."""

UNBOUND = (LookupError, AttributeError, RuntimeError)
"""What look-ups raise when nothing is there: a Local, a proxied attribute, a proxy outside its context."""

Row = tuple[Kind, str, str, str, Any]


class Event(NamedTuple):
    """One recorded fact; ``value`` is a string, or a tuple of strings that were read together."""

    seq: int
    kind: Kind
    request: str
    unit: str
    name: str
    value: Any


class History:
    """All facts of a run in order; cheap to append to from any unit."""

    __slots__ = ("_derived", "_events", "record", "rows")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: list[Row] = list(rows)
        self.record: Callable[[Row], None] = self.rows.append
        self._events: list[Event] = []
        self._derived: dict[Callable[[History], Any], tuple[int, Any]] = {}

    def __iter__(self) -> Iterator[Event]:
        events = self._events
        known = len(events)
        if known < len(self.rows):
            events.extend(Event(seq, *row) for seq, row in enumerate(self.rows[known:], known))
        return iter(events)

    def derive(self, compute: "Callable[[History], T]") -> T:
        """Return ``compute(self)``, computed once as long as nothing is added: many checkers ask the same."""
        length, found = self._derived.get(compute, (-1, None))
        if length != len(self.rows):
            length, found = len(self.rows), compute(self)
            self._derived[compute] = (length, found)
        return found  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.rows)

    def to_json(self) -> list[list[Any]]:
        """Return the events as plain lists, in order."""
        return [[str(kind), *rest] for kind, *rest in self.rows]

    @classmethod
    def from_json(cls, rows: Iterable[Iterable[Any]]) -> "History":
        """Read what ``to_json`` wrote; values that were tuples become tuples again."""
        return cls(
            (Kind(kind), request, unit, name, tuple(value) if isinstance(value, list) else value)
            for kind, request, unit, name, value in rows
        )


class Probe:
    """A request's own truth, handed to its view by argument; it never asks the Local.

    ``record`` takes the events (a History's), ``unit`` names the thread, greenlet or task that runs the request,
    ``token`` is the request's own and unguessable, ``user`` the token of the user who sends it, the same in all
    of that user's requests.
    """

    __slots__ = ("_record", "_writes", "request", "token", "unit", "user")

    def __init__(
        self, record: Callable[[Row], None], request: str, token: str, unit: str, user: str = ""
    ) -> None:
        self._record = record
        self._writes = 0
        self.request = request
        self.token = token
        self.unit = unit
        self.user = user

    def enter(self) -> None:
        """Say that the request begins to run."""
        self._record((ENTER, self.request, self.unit, "", self.token))

    def leave(self) -> None:
        """Say that the request is over; nothing of it may be seen by a request that enters later."""
        self._record((LEAVE, self.request, self.unit, "", None))

    def wrote(self, name: str, value: str | None = None) -> str:
        """Return a value that only this request writes, or record ``value`` as such; call it before the write."""
        if value is None:
            self._writes = number = self._writes + 1
            value = f"{self.token}.{number}"
        self._record((WROTE, self.request, self.unit, name, value))
        return value

    def expect(self, name: str, value: str = ABSENT) -> None:
        """Say that from here on an own earlier value (or nothing) should be seen under ``name``."""
        self._record((EXPECT, self.request, self.unit, name, value))

    def read(self, name: str, value: Any) -> None:
        """Record what a look-up answered: a string, or a tuple of strings that belong together."""
        self._record((READ, self.request, self.unit, name, value))

    def look(self, name: str, look_up: Callable[..., Any], *arguments: Any) -> Any:
        """Call ``look_up``, record its answer, or ABSENT when nothing was there, and return it."""
        try:
            value = look_up(*arguments)
        except UNBOUND:
            value = ABSENT
        self._record((READ, self.request, self.unit, name, value if type(value) is str else _told(value)))
        return value

    def look_together(self, names: tuple[str, ...], look_up: Callable[[str], Any]) -> None:
        """Look each name up and record the answers as one reading of things that belong together."""
        values = []
        for name in names:
            try:
                values.append(_told(look_up(name)))
            except UNBOUND:
                values.append(ABSENT)
        self._record((READ, self.request, self.unit, "+".join(names), tuple(values)))

    def began(self, name: str) -> None:
        """Say that a read-modify-write of the shared ``name`` begins; call it before the read."""
        self._record((Kind.BEGAN, self.request, self.unit, name, None))

    def updated(self, name: str, before: str, after: str) -> None:
        """Record that the shared ``name`` was read as ``before`` and then written as ``after``."""
        self._record((Kind.UPDATED, self.request, self.unit, name, (before, after)))

    def revoked(self, name: str, value: str) -> None:
        """Record that ``value`` is ended: who begins to look for ``name`` once this request is over must not."""
        self._record((Kind.REVOKED, self.request, self.unit, name, value))

    def residue(self, name: str, value: str) -> None:
        """Record that the unit's storage still holds a value after the request's end."""
        self._record((Kind.RESIDUE, self.request, self.unit, name, value))

    def failed(self, error: BaseException | str) -> None:
        """Record that the request ended in an error that nobody asked for."""
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        self._record((Kind.FAILED, self.request, self.unit, "", text[:500]))

    def cancelled(self) -> None:
        """Record that the request was cut short from outside."""
        self._record((Kind.CANCELLED, self.request, self.unit, "", None))

    def replied(self, token: str) -> None:
        """Record the token in the answer that this request's client got."""
        self._record((Kind.REPLIED, self.request, self.unit, "", token))

    def child(self, label: str) -> "Probe":
        """Return the probe of a unit that this request starts: the same request, another unit."""
        return Probe(self._record, self.request, f"{self.token}/{label}", f"{self.unit}/{label}", self.user)


def _told(value: Any) -> str:
    """Return a string as it is; what a Local made of one, whatever that may be, as text that can be kept."""
    if isinstance(value, str):
        return str(value)
    try:
        return f"<{type(value).__name__}: {value!r:.100}>"
    except Exception as error:
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
