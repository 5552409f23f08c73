"""Where sessions are kept; each store is a file here, behind one interface."""

from harness.framework.sessions import places
from harness.framework.sessions.interface import NullSession, Session, SessionInterface
from harness.framework.sessions.memory import MemorySessions
from harness.framework.sessions.signed_cookie import SignedCookieSessions
from harness.framework.sessions.unavailable import SessionTooLarge, StoreUnavailable

__all__ = [
    "STORES",
    "MemorySessions",
    "NullSession",
    "Session",
    "SessionInterface",
    "SessionTooLarge",
    "SignedCookieSessions",
    "StoreUnavailable",
    "open_store",
]

STORES = ("cookie", "memory", "sql", "redis", "redis_locked")


def open_store(store: str, secret_key: str | None) -> SessionInterface:
    """Return a new session store by its name, one of ``STORES``; a database or server is at ``places``.

    UserError when that cannot be had, ModuleNotFoundError without the extra ``stores``.
    """
    match store:
        case "cookie":
            return SignedCookieSessions(secret_key)
        case "memory":
            return MemorySessions()
        case "sql":
            from harness.framework.sessions.sql import SqlSessions

            return SqlSessions(places.sql_url())
        case "redis":
            from harness.framework.sessions.redis_protocol import RedisSessions

            return RedisSessions(places.redis_url())
        case "redis_locked":
            from harness.framework.sessions.redis_locked import LockedRedisSessions

            return LockedRedisSessions(places.redis_url())
    raise ValueError(f"there is no session store {store!r}; it is {', '.join(STORES)} or a SessionInterface")
