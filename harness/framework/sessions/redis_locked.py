"""Sessions in a Redis server of which one request at a time has a client's: no update of them is lost."""

import random
import secrets
import time

from werkzeug.wrappers import Response

from harness.framework.sessions.interface import LIFETIME, Session
from harness.framework.sessions.redis_protocol import PREFIX, RedisSessions
from harness.framework.sessions.server_side import MOST_BYTES
from harness.framework.sessions.unavailable import StoreUnavailable

LOCK = PREFIX + "lock:"

RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""
RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0
"""
"""Only the owner may release or renew a lock: one that expired may be another's by now."""

SHORTEST, LONGEST = 0.001, 0.02
"""Seconds between two tries to get a lock, from the first to the later ones; random, so that waiters fall apart."""


class LockedRedisSessions(RedisSessions):
    """Locks a session from the first touch until it is saved or its request ends, however that comes.

    A request waits for ``wait`` seconds at most, and a lock whose owner died ends after ``expiry``. Who held it longer
    than that does not overwrite what came after: saving raises StoreUnavailable. Waiting keeps the thread or greenlet;
    on asyncio it would keep the loop, and with it the owner, so that nobody gets on before the wait is over.
    """

    name = "redis_locked"

    def __init__(
        self,
        url: str,
        *,
        lifetime: int = LIFETIME,
        most_bytes: int = MOST_BYTES,
        patience: float = 2.0,
        wait: float = 5.0,
        expiry: float = 30.0,
    ) -> None:
        super().__init__(url, lifetime=lifetime, most_bytes=most_bytes, patience=patience)
        self.wait = wait
        self.expiry = expiry
        self._release = self.client.register_script(RELEASE)
        self._renew = self.client.register_script(RENEW)

    def hold(self, session: Session, key: str) -> None:
        """Wait for the lock of an id and take it; StoreUnavailable when it is not to be had in time."""
        owner = secrets.token_urlsafe(16)
        pause = SHORTEST
        deadline = time.monotonic() + self.wait
        while not self.asked(self._take, key, owner):
            if time.monotonic() > deadline:
                raise self.unavailable(
                    f"did not get a session within {self.wait:g} s: another request of its client had it all the time"
                )
            time.sleep(random.uniform(pause / 2, pause))
            pause = min(2 * pause, LONGEST)
        session.held = f"{key} {owner}"

    def save_session(self, session: Session, response: Response) -> None:
        """Keep what was changed, unless the lock ran out meanwhile, and release it."""
        if session.modified and session.held is not None and not self.asked(self._still_held, session.held):
            session.modified = False
            session.held = None
            raise self.unavailable(
                f"took a session back from a request that had it for over {self.expiry:g} s"
            )
        super().save_session(session, response)

    def close_session(self, session: Session) -> None:
        """Release the lock, if there is one; where the server is gone, it ends by itself."""
        if session.held is None:
            return
        key, owner = session.held.split()
        session.held = None
        try:
            with self.answering():
                self._release(keys=[LOCK + key], args=[owner])
        except StoreUnavailable:
            pass

    def _take(self, key: str, owner: str) -> bool:
        with self.answering():
            return bool(self.client.set(LOCK + key, owner, nx=True, px=round(self.expiry * 1000)))

    def _still_held(self, held: str) -> bool:
        key, owner = held.split()
        with self.answering():
            return bool(self._renew(keys=[LOCK + key], args=[owner, round(self.expiry * 1000)]))
