"""Looks on at a round from time to time: does somebody starve while others are served, has everything gone silent?"""

import time
from collections.abc import Sequence

from harness.apps.user_agent import UserAgent

_STARVED_AFTER = 2.0
_TURNS = 3


class Watch:
    """Looks from time to time whether clients starve while others are served, and how long all have been silent."""

    def __init__(self, agents: Sequence[UserAgent], now: float) -> None:
        self._agents = agents
        self._answers = 0
        self._last = now
        self._waiting: dict[int, int] = {}

    def silence(self) -> float:
        """Return for how many seconds nobody has been answered."""
        return time.monotonic() - self._last

    def is_starving(self) -> bool:
        """Tell whether somebody's connection is never served while others' are, and have all renew theirs then.

        In a queue that is merely long, all others are served about once before it is one's own turn.
        """
        now = time.monotonic()
        answers = sum(agent.answers for agent in self._agents)
        if answers > self._answers:
            self._answers, self._last = answers, now
        starving = False
        for nth, agent in enumerate(self._agents):
            if now - agent.unserved_since < _STARVED_AFTER:
                self._waiting.pop(nth, None)
            elif answers - self._waiting.setdefault(nth, answers) >= _TURNS * len(self._agents):
                starving = True
        if starving:
            for agent in self._agents:
                agent.renews = True
        return starving
