"""The application that a server runs: scenarios mounted below their names, each marked request recorded."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

from harness.core.history import Probe, Row
from harness.core.ports import GIVEN
from harness.engine.visits import ERROR, Site, Visit
from harness.inside.unit_labels import UnitLabels

CONTROL = "-"
"""The first path segment of what is not for a scenario: ``/-/ready`` and ``/-/history/<scenario>``."""
MARKS = (b"x-ctxstress-request", b"x-ctxstress-token", b"x-ctxstress-user", b"x-ctxstress-seed")
ERROR_LINE = "500 Internal Server Error"
PLAIN = ("Content-Type", "text/plain; charset=utf-8")


class Edge:
    """Routes ``/<scenario>/…`` to what is mounted there and records each request that the client marked.

    The client marks a request by ``X-Ctxstress-Request``, ``-Token``, ``-User`` and ``-Seed``; an unmarked one is
    served and leaves no record. With ``checked`` off none does, which is what the checking is measured against.
    """

    def __init__(self, sites: Iterable[Site], labels: UnitLabels, *, checked: bool = True) -> None:
        self._sites = {site.scenario.name: site for site in sites}
        self._label = labels
        self._checked = checked
        self._visitors = count()

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request on the calling thread or greenlet."""
        name, rest = _split(environ["PATH_INFO"])
        site = self._sites.get(name)
        if site is None:
            status, body = self._control(name, rest)
            start_response(status, [PLAIN, ("Content-Length", str(len(body)))])
            return [body]
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{name}"
        environ["PATH_INFO"] = rest
        visit = self._visit(
            site,
            environ.get("HTTP_X_CTXSTRESS_REQUEST", ""),
            environ.get("HTTP_X_CTXSTRESS_TOKEN", ""),
            environ.get("HTTP_X_CTXSTRESS_USER", ""),
            environ.get("HTTP_X_CTXSTRESS_SEED", ""),
        )
        environ[GIVEN] = visit.given()
        if not self._checked:
            return site.mounted.wsgi(environ, start_response)
        visit.enter()
        try:
            return Body(visit, _call(visit, environ, start_response))
        except BaseException:
            visit.own.cancelled()
            visit.end()
            raise

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request on the calling task."""
        if scope["type"] != "http":
            raise TypeError(f"only http is served here, not {scope['type']}")
        name, rest = _split(scope["path"])
        site = self._sites.get(name)
        if site is None:
            status, body = self._control(name, rest)
            await _answer(send, int(status[:3]), body)
            return
        headers = dict(scope["headers"])
        visit = self._visit(site, *(headers.get(key, b"").decode() for key in MARKS))
        scope = {**scope, "path": rest, "raw_path": rest.encode(), GIVEN: visit.given()}
        if not self._checked:
            await site.mounted.asgi(scope, receive, send)
            return
        visit.enter()
        answer = Answering(send)
        try:
            await site.mounted.asgi(scope, receive, answer.send)
        except Exception as error:
            visit.fail(error)
            if answer.started:
                raise
            await _answer(send, ERROR, _sorry(error))
        except BaseException:
            visit.own.cancelled()
            raise
        else:
            if not answer.complete:
                visit.own.cancelled()
        finally:
            visit.end()

    def _visit(self, site: Site, request: str, token: str, user: str, seed: str) -> Visit:
        record: Callable[[Row], None] = site.rows.append
        if not request or not self._checked:
            request, record = request or f"visitor{next(self._visitors)}", _nowhere
        unit = self._label() if self._checked else ""
        return Visit(site, Probe(record, request, token or request, unit, user), int(seed or 0))

    def _control(self, name: str, rest: str) -> tuple[str, bytes]:
        if name == CONTROL:
            if rest == "/ready":
                return "200 OK", b"ready"
            site = self._sites.get(rest.removeprefix("/history/"))
            if site is not None:
                return "200 OK", site.drain()
        return "404 Not Found", f"nothing is here; scenarios: {', '.join(self._sites)}".encode()


class Body:
    """The body of one answer as the server takes it; the server's ``close`` ends the request."""

    __slots__ = ("_close", "_closed", "_ended", "_pieces", "_visit")

    def __init__(self, visit: Visit, pieces: Iterable[bytes]) -> None:
        self._visit = visit
        self._pieces: Iterator[bytes] = iter(pieces)
        self._close: Callable[[], None] | None = getattr(pieces, "close", None)
        self._ended = False
        """Whether the body came to its end, be it by an error; if not, the client went away."""
        self._closed = False

    def __iter__(self) -> "Body":
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            self._ended = True
            raise
        except Exception as error:
            self._ended = True
            self._visit.fail(error)
            raise

    def close(self) -> None:
        """Let the app tear down, then stamp the end."""
        self._closed = True
        try:
            if self._close is not None:
                self._close()
        except Exception as error:
            self._visit.fail(error)
        finally:
            self._stamp()

    def __del__(self) -> None:
        """Stamp the end of a body that its server dropped: Werkzeug 3.1.9 does so when a client resets its connection.

        Nobody tells the app then; only its generators end, as they do without us.
        """
        if not self._closed:
            self._pieces, self._close = iter(()), None
            self._stamp()

    def _stamp(self) -> None:
        if not self._ended:
            self._visit.own.cancelled()
        self._visit.end()


class Answering:
    """The ``send`` of one ASGI request.

    An app that returns before the answer is ``complete`` saw its client go away.
    """

    __slots__ = ("_send", "complete", "started")

    def __init__(self, send: Any) -> None:
        self._send = send
        self.started = False
        self.complete = False

    async def send(self, message: Any) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.started = True
        else:
            self.complete = not message.get("more_body", False)
        await self._send(message)


def _call(visit: Visit, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Return the app's answer, or the one that servers give to an error, but with the error's own words."""
    try:
        return visit.site.mounted.wsgi(environ, start_response)
    except Exception as error:
        visit.fail(error)
        body = _sorry(error)
        headers = [PLAIN, ("Content-Length", str(len(body)))]
        try:
            # In this way first, for uWSGI, given an exception, returns with it set, which is a SystemError.
            start_response(ERROR_LINE, headers)
        except Exception:
            start_response(ERROR_LINE, headers, (type(error), error, error.__traceback__))
        return [body]


def _split(path: str) -> tuple[str, str]:
    name, _, rest = path.removeprefix("/").partition("/")
    return name, "/" + rest


def _nowhere(row: Row) -> None:
    """Take an event that nobody wants."""


def _sorry(error: Exception) -> bytes:
    return f"{error} ({type(error).__name__})".encode()


async def _answer(send: Any, status: int, body: bytes) -> None:
    headers = [(PLAIN[0].lower().encode(), PLAIN[1].encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
