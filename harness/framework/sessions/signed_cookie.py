"""Sessions that the client keeps: JSON in a cookie that is signed, and so can be read but not changed by it."""

import hashlib

from itsdangerous import BadSignature, URLSafeTimedSerializer
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
from harness.framework.sessions.unavailable import SessionTooLarge
from harness.framework.wrappers import Request

SALT = "ctxstress.session"
MOST_BYTES = 4000
"""Browsers drop cookies of more than 4096 bytes, name and attributes included, and say nothing."""


class SignedCookieSessions(SessionInterface):
    """Signs with the secret key; without one there are no sessions. ``lifetime`` is in seconds.

    Nothing is kept on the server, so nothing can be taken back: whoever kept an older cookie can still show it, after
    a rotation and a log-out too, until its lifetime ends.
    """

    name = "cookie"

    def __init__(
        self, secret_key: str | None, lifetime: int = LIFETIME, *, most_bytes: int = MOST_BYTES
    ) -> None:
        self._lifetime = lifetime
        self._most_bytes = most_bytes
        self._serializer = (
            URLSafeTimedSerializer(
                secret_key, SALT, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
            )
            if secret_key
            else None
        )

    def open_session(self, request: Request) -> Session | None:
        """Return the session that the cookie holds, or None when there is no key to sign with."""
        serializer = self._serializer
        if serializer is None:
            return None

        def load() -> Loaded:
            cookie = request.cookies.get(COOKIE)
            if cookie is None:
                return {}, None
            if len(cookie) > self._most_bytes:  # no cookie of ours, and no work is done for it
                return {}, COOKIE
            try:
                return dict(serializer.loads(cookie, max_age=self._lifetime)), COOKIE
            except (BadSignature, TypeError, ValueError):
                return {}, COOKIE

        return Session(load)

    def save_session(self, session: Session, response: Response) -> None:
        """Give the client its session anew; raises SessionTooLarge for one that browsers would drop."""
        if not session.modified or self._serializer is None:
            return
        session.modified = False
        if session:
            cookie = str(self._serializer.dumps(dict(session)))
            if len(cookie) > self._most_bytes:
                raise SessionTooLarge(self.name, len(cookie), self._most_bytes)
            tell_client(response, cookie, self._lifetime)
        elif session.key is not None:
            forget_client(response)
