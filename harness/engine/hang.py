"""Says where a process stands that did not finish in time: the requests in flight, and the stacks of all units."""

import asyncio
import gc
import sys
import traceback
from collections.abc import Iterator
from types import FrameType

import greenlet

from harness.core.history import Event, History, Kind

DEEPEST = 3
MOST_LINES = 24


def where_it_stands(history: History) -> tuple[str, ...]:
    """Return lines for a person: requests that entered and never left, then where threads, greenlets and tasks wait."""
    return tuple([*_in_flight(history), *_stacks()][:MOST_LINES])


def _in_flight(history: History) -> Iterator[str]:
    last: dict[str, Event] = {}
    for event in history:
        if event.kind is Kind.LEAVE:
            last.pop(event.request, None)
        elif event.kind is Kind.ENTER or event.request in last:
            last[event.request] = event
    for request, event in last.items():
        name = f" {event.name!r}" if event.name else ""
        yield f"{request} on {event.unit}: nothing more after {event.kind}{name}"


def _stacks() -> Iterator[str]:
    for ident, frame in sys._current_frames().items():
        yield f"thread {ident}: {_top(frame)}"
    for found in gc.get_objects():
        # Of its type, because ``isinstance`` asks a proxy for its ``__class__``, which means to look through it.
        kind = type(found)
        if issubclass(kind, greenlet.greenlet) and found.gr_frame is not None:
            yield f"{kind.__name__} at {id(found):#x}: {_top(found.gr_frame)}"
        elif issubclass(kind, asyncio.Task) and not found.done():
            frames = found.get_stack(limit=1)
            yield f"task {found.get_name()}: {_top(frames[-1]) if frames else 'not begun'}"


def _top(frame: FrameType) -> str:
    """Return the innermost frames, the innermost first."""
    stack = traceback.extract_stack(frame, limit=DEEPEST)
    return " < ".join(
        f"{entry.name} ({entry.filename.rpartition('/')[2]}:{entry.lineno})" for entry in reversed(stack)
    )
