"""Where a task stands: the frames of what it awaits, and which of them belong to the program."""

import sysconfig
from collections.abc import Callable, Iterator
from functools import cache
from gc import get_referents
from inspect import isasyncgen, iscoroutine, isgenerator
from pathlib import Path
from types import FrameType
from typing import Any

import harness
from harness.core.steps import drive_async

Place = tuple[str, int]
NOWHERE: Place = ("", 0)

_STANDARD = tuple(sysconfig.get_path(name) + "/" for name in ("stdlib", "platstdlib"))
_INSTALLED = tuple(sysconfig.get_path(name) + "/" for name in ("purelib", "platlib"))
_OURS = tuple(f"{Path(harness.__file__).parent / room}/" for room in ("apps", "controlled", "core", "units"))


@cache
def in_program(file: str) -> bool:
    """Tell whether a source file is the program's: no part of the standard library or of what drives it."""
    if file.startswith("<frozen "):
        return False
    return not file.startswith(_OURS) and (not file.startswith(_STANDARD) or file.startswith(_INSTALLED))


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
        if in_program(frame.f_code.co_filename):
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


def calls(frame: FrameType | None) -> Place:
    """Return (file, line) of the program's code that called, from a frame outwards."""
    while frame is not None:
        if in_program(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return NOWHERE
