"""Sessions that the server keeps as JSON under a random id, all that the client has; stores derive from this."""

import json
import re
import secrets
import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from werkzeug.wrappers import Response

from harness.framework.sessions.interface import (
    COOKIE,
    LIFETIME,
    Loaded,
    Session,
    SessionInterface,
    forget_client,
    tell_client,
)
from harness.framework.sessions.unavailable import SessionTooLarge, StoreUnavailable
from harness.framework.wrappers import Request

ID_BYTES = 16
ID = re.compile(r"[A-Za-z0-9_-]{22}")
"""What an id of ours looks like: 16 bytes in base64. Nothing else of a client's making reaches a store."""
MOST_BYTES = 64 * 1024

T = TypeVar("T")


class ServerSideSessions(SessionInterface):
    """Keeps each session under an id of 128 random bits, ``lifetime`` seconds from its last change.

    An id that is not alive is never taken over, and a session that has ended is never brought back: neither by a
    request that had loaded it before, whose changes are then dropped. Two requests of one client share no object, and
    of two changes made at once the later save stays, unless a store says otherwise.

    A store that took as long as ``patience`` seconds to fail is left alone as long again: requests fail at once,
    instead of each waiting for itself.
    """

    name = "server side"

    def __init__(
        self,
        url: str,
        *,
        lifetime: int = LIFETIME,
        most_bytes: int = MOST_BYTES,
        patience: float = 2.0,
    ) -> None:
        self.url = url
        self.lifetime = lifetime
        self.patience = patience
        self._most_bytes = most_bytes
        self._resting: tuple[float, str] = (0.0, "")

    # What a store does; each raises StoreUnavailable when it cannot

    @abstractmethod
    def load(self, key: str) -> str | None:
        """Return what is kept under an id, or None when that is not alive."""

    @abstractmethod
    def create(self, key: str, text: str) -> None:
        """Keep a text under a new id."""

    @abstractmethod
    def replace(self, key: str, text: str) -> bool:
        """Keep another text under an id, if that is alive; return whether it is."""

    @abstractmethod
    def move(self, key: str, new: str, text: str) -> bool:
        """Let an id be dead and keep a text under a new one, in one go, if the old was alive; return whether it was."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Let an id be dead."""

    # The interface

    def open_session(self, request: Request) -> Session:
        """Return the session of the request's client; nothing is asked of the store before somebody looks."""

        def load() -> Loaded:
            key = request.cookies.get(COOKIE)
            if key is None or ID.fullmatch(key) is None:
                return {}, None
            self.hold(session, key)
            values = _values(self.asked(self.load, key))
            if values is None:
                self.close_session(session)
                return {}, None
            return values, key

        session = Session(load)
        return session

    def save_session(self, session: Session, response: Response) -> None:
        """Keep what was changed and let go of the session, also when that fails."""
        try:
            if session.modified:
                session.modified = False  # a save that fails is not tried again for the page that says so
                self._save(session, response)
        finally:
            self.close_session(session)

    def new_id(self) -> str:
        """Return an id that nobody can guess and nobody else gets."""
        return secrets.token_urlsafe(ID_BYTES)

    def hold(self, session: Session, key: str) -> None:
        """Keep others from an id until the session is closed; only a store that locks does."""

    def asked(self, ask: Callable[..., T], *arguments: Any) -> T:
        """Ask the store, unless it has just shown that it does not answer."""
        until, why = self._resting
        began = time.monotonic()
        if began < until:
            raise self.unavailable(why)
        try:
            return ask(*arguments)
        except StoreUnavailable as error:
            now = time.monotonic()
            if now - began >= self.patience / 2:
                self._resting = now + self.patience, error.why
            raise

    def unavailable(self, why: str) -> StoreUnavailable:
        """Return the error that says why this store cannot do its work."""
        return StoreUnavailable(self.name, self.url, why)

    def _save(self, session: Session, response: Response) -> None:
        old = session.key
        if not session:
            if old is not None:
                self.asked(self.delete, old)
                session.key = None
                forget_client(response)
            return
        text = json.dumps(dict(session), separators=(",", ":"))
        if len(text) > self._most_bytes:
            raise SessionTooLarge(self.name, len(text), self._most_bytes)
        if old is not None and not session.rotated:
            self.asked(self.replace, old, text)
            return
        new = self.new_id()
        if old is None:
            self.asked(self.create, new, text)
        elif not self.asked(self.move, old, new, text):
            return
        session.key = new
        session.rotated = False
        tell_client(response, new, self.lifetime)


def _values(text: str | None) -> dict[str, Any] | None:
    """Return what a kept text says, or None when there is none or it is not ours."""
    if text is None:
        return None
    try:
        values = json.loads(text)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None
