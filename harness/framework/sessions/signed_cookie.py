"""Sessions that the client keeps: JSON in a cookie that is signed, and so can be read but not changed by it."""

import hashlib

from itsdangerous import BadSignature, URLSafeTimedSerializer
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

SALT = "ctxstress.session"


class SignedCookieSessions(SessionInterface):
    """Signs with the secret key; without one there are no sessions. ``lifetime`` is in seconds."""

    def __init__(self, secret_key: str | None, lifetime: int = 31 * 24 * 3600) -> None:
        self._lifetime = lifetime
        self._serializer = (
            URLSafeTimedSerializer(
                secret_key, SALT, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
            )
            if secret_key
            else None
        )

    def open_session(self, request: Request) -> Session | None:
        serializer = self._serializer
        if serializer is None:
            return None

        def load() -> Loaded:
            cookie = request.cookies.get(COOKIE)
            if cookie is None:
                return {}, None
            try:
                return dict(serializer.loads(cookie, max_age=self._lifetime)), COOKIE
            except (BadSignature, TypeError, ValueError):
                return {}, COOKIE

        return Session(load)

    def save_session(self, session: Session, response: Response) -> None:
        if not session.modified or self._serializer is None:
            return
        if session:
            tell_client(response, str(self._serializer.dumps(dict(session))), self._lifetime)
        elif session.key is not None:
            forget_client(response)
