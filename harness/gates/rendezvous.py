"""The gate ``rendezvous``: a pause lasts until another request pauses too, so that both are in flight together."""

from collections.abc import Iterator
from itertools import count

from harness.core.ports import GateKind

PATIENCE = 50
"""Ticks after which a pause goes on alone: near the end of a run nobody else may come."""


class Rendezvous:
    """Lets two requests meet at their pauses.

    Arrivals are counted by drawing from an iterator, which is atomic on every build of Python.
    """

    def __init__(self, parties: int) -> None:
        self._alone = parties < 2
        self._arrivals = count(1)
        self._newest = 0

    def ticks(self, seed: int, nth: int) -> Iterator[None]:
        """Yield until someone else arrived, or patience ends."""
        mine = next(self._arrivals)
        self._newest = max(self._newest, mine)
        yield
        if self._alone:
            return
        for _ in range(PATIENCE):
            if self._newest != mine:
                return
            yield


GATE = GateKind("rendezvous", "waits at each pause until another request pauses too", Rendezvous)
