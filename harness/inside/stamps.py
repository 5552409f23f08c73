"""Stamps when each request enters and leaves the app, and on which unit, into a journal that outlives a crash."""

import os
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

from harness.probe.bodies import at_the_end
from harness.probe.journal_file import JournalFile
from harness.probe.middleware import IN_ENVIRON, IN_SCOPE


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
        mark = environ.get(IN_ENVIRON)
        if mark is None:
            return self._app(environ, start_response)
        self._journal.write(f"enter {mark} {self._unit()} {monotonic():.6f}")
        leave = partial(_leave, self._journal, mark)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            leave()
            raise
        return at_the_end(body, environ, leave)


class AsgiStamps:
    """An ASGI app that stamps the one it holds; what is no HTTP passes by."""

    def __init__(self, app: Any, journal: JournalFile, unit: Callable[[], str]) -> None:
        self._app = app
        self._journal = journal
        self._unit = unit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Run the app between two stamps, on the task that calls."""
        mark = scope["type"] == "http" and dict(scope["headers"]).get(IN_SCOPE)
        if not mark:
            await self._app(scope, receive, send)
            return
        name = mark.decode("latin-1")
        self._journal.write(f"enter {name} {self._unit()} {monotonic():.6f}")
        try:
            await self._app(scope, receive, send)
        finally:
            _leave(self._journal, name)


def _leave(journal: JournalFile, mark: str) -> None:
    journal.write(f"leave {mark} {monotonic():.6f}")
