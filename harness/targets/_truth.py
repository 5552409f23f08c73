"""Brings a request's Given to code that its framework calls without handing it the request.

Truth travels by argument (docs, sentence 1). Where a framework passes the request on, take ``GIVEN`` from its environ
or scope. Where it passes nothing, as to Flask's views, hooks and signal receivers, the argument is still there: it is
in the frame that called the framework, further up the same call stack. ``given()`` walks back to it.

Why that is exact, and no ambience of another kind: a stack of frames belongs to one thread or greenlet (greenlet swaps
the interpreter's frame pointer with the C stack), and while a coroutine runs, ``f_back`` leads through everything that
awaits it, up to its own task and no further. A frame found on the way back is therefore one that waits for *this* call
to return. No other unit's frame can be there, whatever Local, Context or key the framework uses. What was handed to
another unit (an executor, a new task) has another stack: there nothing is found, and LookupError says so.
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from harness.core.ports import GIVEN, Given

P = ParamSpec("P")
T = TypeVar("T")


def calling(given: Given, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function; below it, on this thread or greenlet, ``given()`` finds what is given here."""
    return function(*args, **kwargs)


async def awaiting(
    given: Given, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Await a function's coroutine; below it, on this task, ``given()`` finds what is given here."""
    return await function(*args, **kwargs)


HOLDERS = (calling.__code__, awaiting.__code__)


def given() -> Given:
    """Return what the nearest ``calling`` or ``awaiting`` up this unit's stack was given; LookupError without one."""
    frame: FrameType | None = sys._getframe(1)
    first, second = HOLDERS
    while frame is not None:
        code = frame.f_code
        if code is first or code is second:
            return frame.f_locals["given"]  # type: ignore[no-any-return]
        frame = frame.f_back
    raise LookupError("no request is being answered further up this unit's stack")


def through_wsgi(app: Callable[..., Iterable[bytes]], environ: dict[str, Any], start_response: Any) -> "Body":
    """Call a WSGI application so that code below it, and below the iteration of its body, finds its Given."""
    held: Given = environ[GIVEN]
    return Body(held, calling(held, app, environ, start_response))


async def through_asgi(app: Callable[..., Awaitable[None]], scope: Any, receive: Any, send: Any) -> None:
    """Call an ASGI application so that code below it, on the same task, finds its Given."""
    await awaiting(scope[GIVEN], app, scope, receive, send)


class Body:
    """The body of an answer, made and closed by whichever unit the server lets do it."""

    __slots__ = ("_given", "_pieces", "_whole")

    def __init__(self, held: Given, whole: Iterable[bytes]) -> None:
        self._given = held
        self._whole = whole
        self._pieces: Iterator[bytes] = calling(held, iter, whole)

    def __iter__(self) -> "Body":
        return self

    def __next__(self) -> bytes:
        return calling(self._given, next, self._pieces)

    def close(self) -> None:
        """Let the application end its answer, where it wants to know of the end."""
        close = getattr(self._whole, "close", None)
        if close is not None:
            calling(self._given, close)
