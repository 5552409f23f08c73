"""Sessions that the server keeps in whatever speaks the Redis protocol: Redis, Valkey and others."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from harness.core.errors import UserError
from harness.framework.sessions.interface import LIFETIME
from harness.framework.sessions.server_side import MOST_BYTES, ServerSideSessions
from harness.framework.sessions.unavailable import without_password

PREFIX = "ctxstress:session:"

MOVE = """
if redis.call('del', KEYS[1]) == 0 then return 0 end
redis.call('set', KEYS[2], ARGV[1], 'EX', ARGV[2])
return 1
"""
"""The old id is dead and the new one alive at one moment, for the server runs a script as one command."""


class RedisSessions(ServerSideSessions):
    """Keeps each session under a key of its own that the server lets expire; of two saves at once the last stays.

    Connections are opened when first needed, and anew in a process that forked. Connecting and each command may take
    ``patience`` seconds. The client is synchronous: on asyncio it keeps the whole loop waiting for so long as the
    server takes. UserError for a URL that is not of this protocol.
    """

    name = "redis"

    def __init__(
        self, url: str, *, lifetime: int = LIFETIME, most_bytes: int = MOST_BYTES, patience: float = 2.0
    ) -> None:
        super().__init__(url, lifetime=lifetime, most_bytes=most_bytes, patience=patience)
        try:
            self.client = redis.Redis.from_url(
                url,
                socket_timeout=patience,
                socket_connect_timeout=patience,
                # Once more on a new connection, for the server may have closed an idle one; never after a time-out.
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
                decode_responses=True,
                encoding_errors="replace",
            )
        except ValueError as error:
            raise UserError(
                f"{without_password(url)!r} is no URL of a Redis server: {error}; write it as "
                "redis://user:password@host:port/0, rediss://… or unix:///path/to/socket"
            ) from error
        self._move = self.client.register_script(MOVE)

    def load(self, key: str) -> str | None:
        """Return what is kept under an id, or None."""
        with self.answering():
            text = self.client.get(PREFIX + key)
        return None if text is None else str(text)

    def create(self, key: str, text: str) -> None:
        """Keep a text under a new id."""
        with self.answering():
            self.client.set(PREFIX + key, text, ex=self.lifetime)

    def replace(self, key: str, text: str) -> bool:
        """Keep another text under an id that is alive."""
        with self.answering():
            return bool(self.client.set(PREFIX + key, text, ex=self.lifetime, xx=True))

    def move(self, key: str, new: str, text: str) -> bool:
        """Keep a text under a new id in the place of one that is alive."""
        with self.answering():
            return bool(self._move(keys=[PREFIX + key, PREFIX + new], args=[text, self.lifetime]))

    def delete(self, key: str) -> None:
        """Drop what is kept under an id."""
        with self.answering():
            self.client.delete(PREFIX + key)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Say of the block's commands what the matter is when they fail."""
        try:
            yield
        except redis.TimeoutError:
            raise self.unavailable(f"did not answer within {self.patience:g} s") from None
        except (redis.RedisError, OSError) as error:
            raise self.unavailable(f"cannot be used: {error}") from error

    def close(self) -> None:
        """Close the connections of this process; they are opened again when needed."""
        self.client.close()
