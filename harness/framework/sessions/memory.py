"""Sessions that the server keeps in a dict; the client keeps a random id only."""

import copy
import secrets
import threading
from typing import Any

from werkzeug.wrappers import Response

from harness.framework.sessions.interface import (
    COOKIE,
    Loaded,
    Session,
    SessionInterface,
    forget_client,
    tell_client,
)
from harness.framework.wrappers import Request

ID_BYTES = 16


class MemorySessions(SessionInterface):
    """Keeps the ``most`` sessions that were changed last; each ends with the process or when its client forgets it.

    A request works on a copy and the save replaces the whole, so two requests of one client never share an
    object, and of two changes made at once the later save stays.
    """

    def __init__(self, most: int = 100_000, lifetime: int = 31 * 24 * 3600) -> None:
        self._most = most
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def open_session(self, request: Request) -> Session:
        def load() -> Loaded:
            key = request.cookies.get(COOKIE)
            # An id that is not known here is never taken over: its client could have given it to somebody else.
            values = None if key is None else self._kept.get(key)
            return ({}, None) if values is None else (copy.deepcopy(values), key)

        return Session(load)

    def save_session(self, session: Session, response: Response) -> None:
        if not session.modified:
            return
        known = session.key is not None
        if session:
            session.key = key = session.key or secrets.token_urlsafe(ID_BYTES)
            self._keep(key, copy.deepcopy(dict(session)))
            if not known:
                tell_client(response, key, self._lifetime)
        elif session.key is not None:
            with self._lock:
                self._kept.pop(session.key, None)
            forget_client(response)

    def _keep(self, key: str, values: dict[str, Any]) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = values
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
