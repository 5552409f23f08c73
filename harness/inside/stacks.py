"""Says where every thread, greenlet and task of a process stands: for what did not finish in time."""

import gc
import sys
import sysconfig
import time
from collections.abc import Iterator
from types import CoroutineType, FrameType, GeneratorType
from typing import Any

from harness.core.steps import drive, drive_async

DEEPEST = 3
MOMENT = 0.05
"""Seconds in which what runs only now and then has stopped once."""
DRIVERS = (drive.__code__, drive_async.__code__)
OTHERS = tuple(f"{sysconfig.get_path(name)}/" for name in ("stdlib", "purelib", "platlib"))
"""Where code lies that is not the program's own: the standard library and what is installed."""


def stacks(interrupted: FrameType | None = None) -> Iterator[str]:
    """Yield where units stand, the loneliest first: of many at the same place most wait for work.

    ``interrupted`` is what the calling thread was doing, where it was a signal that made it ask.
    """
    units: dict[str, list[str]] = {}
    for unit, frames in _units(interrupted):
        units.setdefault(_told(frames), []).append(unit)
    for where, there in sorted(units.items(), key=lambda item: len(item[1])):
        yield f"{there[0]}{f' and {len(there) - 1} more' if len(there) > 1 else ''}: {where}"


def innermost(frame: FrameType | None) -> str:
    """Name the innermost place in the program's own code, or else the innermost of all."""
    frames = _stack(frame)
    own = (each for each in frames if not each.f_code.co_filename.startswith(OTHERS))
    found = next(own, frames[0] if frames else None)
    return _place(found) if found is not None else ""


def _units(interrupted: FrameType | None) -> Iterator[tuple[str, list[FrameType]]]:
    """Yield each unit with its frames, the innermost first."""
    own = sys._getframe()  # idents cannot tell: where gevent has patched, they are those of greenlets
    for ident, frame in sys._current_frames().items():
        if frame is not own:
            yield f"thread {ident}", _stack(frame)
        elif interrupted is not None:
            yield f"thread {ident}", _stack(interrupted)
    greenlet = _loaded("greenlet", "greenlet")
    task = _loaded("asyncio", "Task")
    running: list[Any] = []
    for found in gc.get_objects():
        # Of its type, because ``isinstance`` asks a proxy for its ``__class__``, which means to look through it.
        kind = type(found)
        if issubclass(kind, greenlet):
            if (frame := found.gr_frame) is not None:
                yield _named(found), _stack(frame)
            elif greenlet[0].__bool__(found):  # begun and not over; gevent's own says something else
                running.append(found)
        elif issubclass(kind, task) and not found.done():
            yield f"task {found.get_name()}", [*_suspended(found.get_coro())][::-1]

    # One that woke up since the threads were looked at is on none of them, nor does it wait: it will in a moment.
    over = time.monotonic() + MOMENT
    while running and time.monotonic() < over:
        for found in [*running]:
            if (frame := found.gr_frame) is not None:
                yield _named(found), _stack(frame)
                running.remove(found)


def _named(found: Any) -> str:
    return f"{type(found).__name__} at {id(found):#x}"


def _loaded(module: str, name: str) -> tuple[Any, ...]:
    """Return a class, as ``issubclass`` takes it, of a module that is imported already; nothing is imported for it."""
    found = sys.modules.get(module)
    return (getattr(found, name),) if hasattr(found, name) else ()


def _stack(frame: FrameType | None) -> list[FrameType]:
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def _suspended(waiting: Any) -> Iterator[FrameType]:
    """Yield the frames of a coroutine or generator that waits, and of those that it waits for, the innermost last."""
    while True:
        if isinstance(waiting, GeneratorType) and waiting.gi_suspended:
            frame, inner = waiting.gi_frame, waiting.gi_yieldfrom
        elif isinstance(waiting, CoroutineType) and waiting.cr_suspended:
            frame, inner = waiting.cr_frame, waiting.cr_await
        else:
            return
        if frame is not None:
            yield frame
        waiting = inner


def _told(frames: list[FrameType]) -> str:
    """Name the innermost frames, the innermost first; where a script's step is performed, also where the script waits.

    Who asked for a step says more than how it is performed, so of that one frame is enough.
    """
    for depth, frame in enumerate(frames):
        if frame.f_code in DRIVERS:
            script = [*_suspended(frame.f_locals.get("script"))][::-1]
            if script:
                frames = [*frames[: min(depth, 1)], *script[:DEEPEST], *frames[depth:]]
            break
    return " < ".join(map(_place, frames[: DEEPEST + 1])) or "running, or not begun"


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_name} ({frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno})"
