"""Says where a process stands that did not finish in time: the requests in flight, and the stacks of all units."""

from collections.abc import Iterator
from types import FrameType

from harness.core.history import Event, History, Kind
from harness.inside.stacks import stacks

MOST_LINES = 24


def where_it_stands(history: History, interrupted: FrameType | None = None) -> tuple[str, ...]:
    """Return lines for a person: requests that entered and never left, then where threads, greenlets and tasks wait.

    ``interrupted`` is what the calling thread was doing, where it was a signal that made it ask.
    """
    return tuple([*in_flight(history), *stacks(interrupted)][:MOST_LINES])


def in_flight(history: History) -> Iterator[str]:
    """Yield a line for each request that entered and never left."""
    last: dict[str, Event] = {}
    for event in history:
        if event.kind is Kind.LEAVE:
            last.pop(event.request, None)
        elif event.kind is Kind.ENTER:
            last[event.request] = event
        elif event.request in last and event.unit.startswith(last[event.request].unit):
            last[event.request] = event  # not what its client says
    for request, event in last.items():
        name = f" {event.name!r}" if event.name else ""
        yield f"{request} on {event.unit}: nothing more after {event.kind}{name}"
