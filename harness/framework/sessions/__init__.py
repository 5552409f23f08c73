"""Where sessions are kept; each store is a file here, behind one interface."""

from harness.framework.sessions.interface import NullSession, Session, SessionInterface
from harness.framework.sessions.memory import MemorySessions
from harness.framework.sessions.signed_cookie import SignedCookieSessions

__all__ = [
    "MemorySessions",
    "NullSession",
    "Session",
    "SessionInterface",
    "SignedCookieSessions",
    "open_store",
]


def open_store(store: str, secret_key: str | None) -> SessionInterface:
    """Return a new session store by its name: ``cookie`` or ``memory``."""
    if store == "cookie":
        return SignedCookieSessions(secret_key)
    if store == "memory":
        return MemorySessions()
    raise ValueError(f"there is no session store {store!r}; it is 'cookie', 'memory' or a SessionInterface")
