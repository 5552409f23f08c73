"""What a script may ask of the unit that runs it, and the two drivers that carry the answers back.

A view is written once, as a generator of steps. The drivers are the whole bridge between synchronous and
asynchronous units: they run on the unit itself and add no thread, greenlet or Context of their own, because
an added unit makes a broken Local look correct.
"""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pause:
    """Let other units run here, as waiting for I/O would."""


@dataclass(frozen=True, slots=True)
class Spawn:
    """Start a child unit of the same kind; the answer is a handle to join."""

    script: "Script[Any]"


@dataclass(frozen=True, slots=True)
class Join:
    """Wait for a spawned child; the answer is its result, and its exception is raised here."""

    handle: Any


@dataclass(frozen=True, slots=True)
class Offload:
    """Run a plain function on a pooled worker thread, as an executor does; the answer is its result."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Hand a piece of a streamed body to the client."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Await:
    """Await a coroutine of a native ``async def`` view; only asynchronous units can."""

    awaitable: Awaitable[Any]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cut this unit short from outside, here: a task is cancelled, a greenlet times out; threads cannot be."""


Step = Pause | Spawn | Join | Offload | Chunk | Await | Cancel
Script = Generator[Step, Any, T]

PAUSE = Pause()


def drive(script: Script[T], perform: Callable[[Step], Any]) -> T:
    """Run a script to its end on this thread or greenlet; ``perform`` does each step and returns its answer."""
    try:
        step = script.send(None)
        while True:
            try:
                answer = perform(step)
            except BaseException as error:
                step = script.throw(error)
            else:
                step = script.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def drive_async(script: Script[T], perform: Callable[[Step], Awaitable[Any]]) -> T:
    """Run a script to its end on this task; ``perform`` awaits each step and returns its answer."""
    try:
        step = script.send(None)
        while True:
            try:
                answer = await perform(step)
            except BaseException as error:
                step = script.throw(error)
            else:
                step = script.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
