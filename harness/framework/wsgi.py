"""The WSGI face: drives a request's script on the thread or greenlet that the server calls on."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from harness.core.ports import GIVEN, Given, Perform
from harness.core.steps import drive
from harness.framework.performers import on_this_thread
from harness.framework.wrappers import Body

if TYPE_CHECKING:
    from harness.framework.lifecycle import Lifecycle


def answer(app: "Lifecycle", environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request; a streamed body is made on the unit that iterates, and ends early when the server closes it."""
    given: Given | None = environ.get(GIVEN)
    perform: Perform = on_this_thread if given is None else given.perform
    response = drive(app.respond(environ, given), perform)
    status, headers, body = response.finish(environ)
    start_response(status, headers)
    return Chunks(body, perform) if isinstance(body, Body) else body


class Chunks:
    """A streamed body as WSGI iterates it."""

    __slots__ = ("_body", "_perform", "close")

    def __init__(self, body: Body, perform: Perform) -> None:
        self._body = body
        self._perform = perform
        self.close = body.close

    def __iter__(self) -> "Chunks":
        return self

    def __next__(self) -> bytes:
        chunk = drive(self._body.next_chunk(), self._perform)
        if chunk is None:
            raise StopIteration
        return chunk
