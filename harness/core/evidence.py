"""Counts, from a history alone, how often requests could have disturbed each other."""

import sys

from harness.core.history import ENTER, LEAVE, READ, WROTE, History, Kind
from harness.core.verdict import Evidence

Mark = tuple[int, str, str]
"""Where a name was last disturbed: position, request, unit."""
_NEVER: Mark = (-1, "", "")
NEVER = sys.maxsize
"""The end of a request that is not known to have one."""
_ENDS = ""
"""The name under which the ends of requests are remembered: they may clear what others hold."""


class _Disturbances:
    """Remembers, for each name and for the ends of requests, the last mark and the last by anyone else."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Mark, Mark]] = {}

    def add(self, name: str, mark: Mark) -> None:
        last, other = self._last.get(name, (_NEVER, _NEVER))
        self._last[name] = (mark, other if last[1] == mark[1] else last)

    def since(self, name: str, seq: int, request: str, unit: str) -> bool:
        """Tell whether another request, on another unit, left a mark after ``seq``."""
        last, other = self._last.get(name, (_NEVER, _NEVER))
        return (last[0] > seq and last[1] != request and last[2] != unit) or (
            other[0] > seq and other[1] != request and other[2] != unit
        )


class _Updates:
    """Remembers, for each name, when each request's read-modify-write of it began, and whether it came to its write."""

    def __init__(self) -> None:
        self._began: dict[str, dict[str, int]] = {}
        self._done: set[tuple[str, str]] = set()

    def began(self, name: str, request: str, seq: int) -> None:
        self._began.setdefault(name, {}).setdefault(request, seq)

    def done(self, name: str, request: str, seq: int) -> None:
        # Of one that never said so, no more is known than that it was under way here.
        self.began(name, request, seq)
        self._done.add((name, request))

    def contending(self, left: dict[str, int]) -> set[str]:
        """Return the requests of which an update overlapped another's of the same name.

        What was written is kept, by a save that no event tells, between the write and the request's end: an update
        lasts until then.
        """
        found: set[str] = set()
        for name, all_began in self._began.items():
            last_end, last = -1, ""
            for request, start in all_began.items():  # in the order in which they began
                if (name, request) not in self._done:
                    continue
                if start < last_end:
                    found |= {request, last}
                end = left.get(request)
                if end is None or end > last_end:
                    last_end, last = NEVER if end is None else end, request
        return found


def measure(history: History) -> Evidence:
    """Count the evidence in one pass over the history."""
    return history.derive(_measure)


def _measure(history: History) -> Evidence:
    wrote: dict[tuple[str, str, str], int] = {}
    disturbances = _Disturbances()
    entered: dict[str, int] = {}
    left: dict[str, int] = {}
    failed: set[str] = set()
    cancelled: set[str] = set()
    overlapping: set[str] = set()
    in_company: set[str] = set()
    in_flight: set[str] = set()
    used_units: dict[str, str] = {}
    reuse = replies = 0
    updates = _Updates()

    for seq, (kind, request, unit, name, _) in enumerate(history.rows):
        if kind is READ:
            if request in overlapping:
                continue
            for each in name.split("+"):
                since = wrote.get((request, unit, each))
                if since is not None and (
                    disturbances.since(each, since, request, unit)
                    or disturbances.since(_ENDS, since, request, unit)
                ):
                    overlapping.add(request)
        elif kind is WROTE:
            wrote[request, unit, name] = seq
            disturbances.add(name, (seq, request, unit))
        elif kind is ENTER:
            entered[request] = seq
            if in_flight:
                in_company.add(request)
                if len(in_flight) == 1:  # of more, all have met already
                    in_company |= in_flight
            in_flight.add(request)
            if used_units.get(unit, request) != request:
                reuse += 1
        elif kind is LEAVE:
            left[request] = seq
            in_flight.discard(request)
            used_units[unit] = request
            disturbances.add(_ENDS, (seq, request, unit))
        elif kind is Kind.FAILED:
            failed.add(request)
        elif kind is Kind.CANCELLED:
            cancelled.add(request)
        elif kind is Kind.REPLIED:
            replies += request in in_company
        elif kind is Kind.BEGAN:
            updates.began(name, request, seq)
        elif kind is Kind.UPDATED:
            updates.done(name, request, seq)

    return Evidence(
        entered=len(entered),
        ends=len(left),
        failed=len(failed),
        cancelled=len(cancelled),
        unanswered=len(entered.keys() - left.keys()),
        overlap=len(overlapping),
        reuse=reuse,
        replies=replies,
        updates=len(updates.contending(left)),
    )
