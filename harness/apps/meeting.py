"""Where clients wait for each other, so that their requests become whole at the same instant."""

import threading

from harness.apps.user_agent import UserAgent

_PATIENCE = 0.25
_FULL = 32


class Meeting:
    """As many clients as meet: the last to come lets all go, or whoever has waited too long.

    A server that serves few connections at a time, and reads no other before those are whole, would keep the rest
    out for ever: after a wait in vain only as many are waited for as came, and after some full meetings one more.
    """

    def __init__(self, clients: int) -> None:
        self._clients = clients
        self._expected = clients
        self._changed = threading.Condition()
        self._waiting: list[UserAgent] = []
        self._nth = 0
        self._full = 0

    def wait(self, agent: UserAgent) -> None:
        """Return when the agent, and all who wait with it, have been released."""
        with self._changed:
            nth = self._nth
            self._waiting.append(agent)
            if len(self._waiting) < self._expected:
                self._changed.wait_for(lambda: self._nth != nth, _PATIENCE)
            if self._nth == nth:
                self._adapt()
                self._open()

    def leave(self) -> None:
        """Wait no more for one of the clients."""
        with self._changed:
            self._clients -= 1
            self._expected = min(self._expected, self._clients)
            if self._waiting and len(self._waiting) >= self._expected:
                self._open()

    def _adapt(self) -> None:
        came = len(self._waiting)
        if came < self._expected:
            self._expected, self._full = came, 0
        else:
            self._full += 1
            if self._full % _FULL == 0:
                self._expected = min(self._expected + 1, self._clients)

    def _open(self) -> None:
        for agent in self._waiting:
            agent.release()
        self._waiting.clear()
        self._nth += 1
        self._changed.notify_all()
