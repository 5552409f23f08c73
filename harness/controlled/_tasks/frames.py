"""Where a task stands: the frames of what it awaits, and which of them belong to the program."""

from collections.abc import Callable, Iterator
from gc import get_referents
from inspect import isasyncgen, iscoroutine, isgenerator
from types import FrameType
from typing import Any

from harness.controlled._place import NOWHERE, Place, carries
from harness.core.steps import drive_async


def awaited(awaitable: Any) -> Iterator[tuple[Any, FrameType]]:
    """Yield the coroutines and generators that wait for each other, with their frames, the outermost first."""
    seen = 0
    while awaitable is not None and seen < 1_000:
        seen += 1
        if iscoroutine(awaitable):
            frame, following = awaitable.cr_frame, awaitable.cr_await
        elif isgenerator(awaitable):
            frame, following = awaitable.gi_frame, awaitable.gi_yieldfrom
        elif isasyncgen(awaitable):
            frame, following = awaitable.ag_frame, awaitable.ag_await
        else:
            # What __anext__, asend and __await__ return does not name the generator or coroutine that it drives.
            awaitable = next(filter(_runs, get_referents(awaitable)), None)
            continue
        if frame is not None:
            yield awaitable, frame
            if frame.f_code is drive_async.__code__:
                yield from awaited(frame.f_locals["script"])
        awaitable = following


def _runs(thing: Any) -> bool:
    return iscoroutine(thing) or isgenerator(thing) or isasyncgen(thing)


def stands(awaitable: Any) -> Place:
    """Return (file, line) of the innermost frame in the program's code; of one that has not begun, of its beginning."""
    place = NOWHERE
    for _, frame in awaited(awaitable):
        if not carries(frame.f_code.co_filename):
            place = (frame.f_code.co_filename, frame.f_lineno)
        elif frame.f_code is called.__code__:
            place = begins(frame.f_locals["call"])
    return place


async def called(call: Callable[[], Any]) -> Any:
    """Call a unit's function on its task."""
    return await call()


def begins(call: Any) -> Place:
    """Return (file, line) where a function begins that a thread is to run, inside of what wraps it."""
    for thing in (getattr(call, "func", call), *getattr(call, "args", ())):
        code = getattr(thing, "__code__", None)
        if code is not None:
            return code.co_filename, code.co_firstlineno
    return NOWHERE
