"""Sessions that the server keeps in a dict of its own process."""

import threading
import time
from collections.abc import Callable

from harness.framework.sessions.interface import LIFETIME
from harness.framework.sessions.server_side import MOST_BYTES, ServerSideSessions


class MemorySessions(ServerSideSessions):
    """Keeps the ``most`` sessions that were changed last; each ends with the process at the latest.

    ``now`` returns the time in seconds.
    """

    name = "memory"

    def __init__(
        self,
        most: int = 100_000,
        *,
        lifetime: int = LIFETIME,
        most_bytes: int = MOST_BYTES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("memory:", lifetime=lifetime, most_bytes=most_bytes)
        self._most = most
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, float]] = {}
        """Text and end of life by id, the one changed longest ago first."""

    def __len__(self) -> int:
        return len(self._kept)

    def load(self, key: str) -> str | None:
        """Return what is kept under an id, or None."""
        text, ends = self._kept.get(key, (None, 0.0))
        return text if ends > self._now() else None

    def create(self, key: str, text: str) -> None:
        """Keep a text; the session that was changed longest ago makes room."""
        with self._lock:
            self._keep(key, text)

    def replace(self, key: str, text: str) -> bool:
        """Keep another text under an id that is alive."""
        return self.move(key, key, text)

    def move(self, key: str, new: str, text: str) -> bool:
        """Keep a text under a new id in the place of one that is alive."""
        with self._lock:
            _, ends = self._kept.pop(key, (None, 0.0))
            alive = ends > self._now()
            if alive:
                self._keep(new, text)
            return alive

    def delete(self, key: str) -> None:
        """Drop what is kept under an id."""
        with self._lock:
            self._kept.pop(key, None)

    def _keep(self, key: str, text: str) -> None:
        self._kept[key] = text, self._now() + self.lifetime
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
