"""Stamps when each request enters and leaves the app, and on which unit, into a journal that outlives a crash."""

import os
import posix
from collections.abc import Callable, Iterator
from typing import Any

MARK = "X-Ctxstress-Mark"
"""The header whose value names a request; a request without it is not stamped."""
_IN_ENVIRON = "HTTP_" + MARK.upper().replace("-", "_")
_IN_SCOPE = MARK.lower().encode()
# Not eventlet's: that one would ask its loop first.
_write = posix.write


class JournalFile:
    """Appends lines; each is one call of the system, so that lines of several processes do not mix."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, line: str) -> None:
        """Append a line, which is in the file when this returns."""
        _write(self._file, line.encode("utf-8", "replace") + b"\n")


class UnitNames:
    """Labels the unit that calls, with the process where that is not the one that the journal began with."""

    def __init__(self, label: Callable[[], str]) -> None:
        self._label = label
        self._first = os.getpid()

    def __call__(self) -> str:
        """Return the label, which has no blanks."""
        process = os.getpid()
        return self._label() if process == self._first else f"{self._label()}/{process}"


class WsgiStamps:
    """A WSGI app that stamps the one it holds; what is answered stays the same."""

    def __init__(self, app: Any, journal: JournalFile, unit: Callable[[], str]) -> None:
        self._app = app
        self._journal = journal
        self._unit = unit

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Run the app between two stamps."""
        mark = environ.get(_IN_ENVIRON)
        if mark is None:
            return self._app(environ, start_response)
        self._journal.write(f"enter {mark} {self._unit()}")
        leave = _Leave(self._journal, mark)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            leave()
            raise
        if type(body) in (list, tuple, bytes):
            # Whole: nothing of the app runs any more, and servers count its pieces.
            leave()
            return body
        file_wrapper = environ.get("wsgi.file_wrapper")
        if isinstance(file_wrapper, type) and isinstance(body, file_wrapper):
            return _close_then(body, leave)
        return (_SizedBody if hasattr(body, "__len__") else _Body)(body, leave)


class AsgiStamps:
    """An ASGI app that stamps the one it holds; what is no HTTP passes by."""

    def __init__(self, app: Any, journal: JournalFile, unit: Callable[[], str]) -> None:
        self._app = app
        self._journal = journal
        self._unit = unit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Run the app between two stamps, on the task that calls."""
        mark = scope["type"] == "http" and dict(scope["headers"]).get(_IN_SCOPE)
        if not mark:
            await self._app(scope, receive, send)
            return
        name = mark.decode("latin-1")
        self._journal.write(f"enter {name} {self._unit()}")
        try:
            await self._app(scope, receive, send)
        finally:
            self._journal.write(f"leave {name}")


class _Leave:
    """Stamps the end of a request, once."""

    __slots__ = ("_journal", "_mark")

    def __init__(self, journal: JournalFile, mark: str) -> None:
        self._journal: JournalFile | None = journal
        self._mark = mark

    def __call__(self) -> None:
        journal, self._journal = self._journal, None
        if journal is not None:
            journal.write(f"leave {self._mark}")


class _Body:
    """A body that the app gives piece by piece; its request has left when the server closes it."""

    __slots__ = ("_body", "_leave")

    def __init__(self, body: Any, leave: _Leave) -> None:
        self._body = body
        self._leave = leave

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the app's body; the server calls it also after a disconnection."""
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._leave()

    def __del__(self) -> None:
        # Where a server forgets to close.
        self._leave()


class _SizedBody(_Body):
    """A body whose pieces can be counted, as servers do to tell its length."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._body)


def _close_then(body: Any, leave: _Leave) -> Any:
    """Let the server's own kind of body, which it may send in a way of its own, stamp when it is closed."""
    close = getattr(body, "close", None)

    def close_and_leave() -> None:
        try:
            if close is not None:
                close()
        finally:
            leave()

    try:
        body.close = close_and_leave
    except AttributeError:
        leave()
    return body
