"""The row ``flask_session_redis``: Flask with Flask-Session, sessions in a server that speaks the Redis protocol."""

from typing import Any

from harness.framework.sessions.places import redis_url
from harness.targets._flask_session import subject, target


def configure(app: Any) -> dict[str, Any]:
    """Return the configuration of Flask-Session for the process's Redis or Valkey."""
    from redis import Redis

    return {"SESSION_TYPE": "redis", "SESSION_REDIS": Redis.from_url(redis_url())}


TARGET = target("redis", "Flask with Flask-Session's sessions in Redis or Valkey", configure)

SUBJECT = subject(
    "redis",
    "Flask-Session reads a session from Redis when a request begins and writes all of it back at its end.",
)
