"""Request, Response and the streamed Body, made cheap on top of Werkzeug's."""

from collections.abc import Callable, Iterable
from typing import Any, Self

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from harness.core.steps import Chunk, Script


class Request(WerkzeugRequest):
    """What came in, and where routing sent it."""

    url_rule: Rule | None = None
    view_args: dict[str, Any] | None = None
    routing_exception: HTTPException | None = None


class Body:
    """A streamed body: a script whose chunks are made when the client takes them, after the view returned."""

    __slots__ = ("_script",)

    def __init__(self, script: Script[Any]) -> None:
        self._script = script

    def next_chunk(self) -> Script[bytes | None]:
        """Hand the body's own steps on up to its next chunk, and return that, or None at the end."""
        script = self._script
        try:
            step = script.send(None)
            while not isinstance(step, Chunk):
                try:
                    answer = yield step
                except GeneratorExit:
                    script.close()
                    raise
                except BaseException as error:
                    step = script.throw(error)
                else:
                    step = script.send(answer)
            return step.data
        except StopIteration:
            return None

    def close(self) -> None:
        """End the body where it stands, as when the client hung up; its ``finally`` runs now."""
        self._script.close()


class Response(WerkzeugResponse):
    """What goes out."""

    default_mimetype = "text/html"
    _has_endings = False

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the usual response: 200, HTML."""
        return cls([data], content_type="text/html; charset=utf-8")

    def call_on_close(self, func: Callable[[], Any]) -> Callable[[], Any]:
        """Call a function when the response has been sent."""
        self._has_endings = True
        return super().call_on_close(func)

    def finish(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], Body | Iterable[bytes]]:
        """Return status line, headers and body as this request's client gets them.

        The body is a Body, for the caller to draw chunks from and to close, or an iterable as WSGI has it.
        """
        body = self.response
        if environ["REQUEST_METHOD"] != "HEAD":
            if isinstance(body, Body):
                return self.status, self.get_wsgi_headers(environ).to_wsgi_list(), body
            # Most responses need nothing of what Werkzeug does on the way out, which costs three times the rest.
            if self.status_code == 200 and not self._has_endings and type(body) is list and len(body) == 1:
                headers = self.headers.to_wsgi_list()
                names = [name.lower() for name, _ in headers]
                if type(body[0]) is bytes and "location" not in names and "content-location" not in names:
                    if "content-length" not in names:
                        headers.append(("Content-Length", str(len(body[0]))))
                    return self.status, headers, body
        if self.status_code in (204, 304):
            self.headers.pop("Content-Type", None)  # there is no content, and wsgiref's validator insists
        iterable, status, headers = self.get_wsgi_response(environ)
        return status, headers, iterable
