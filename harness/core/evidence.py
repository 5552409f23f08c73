"""Counts, from a history alone, how often requests could have disturbed each other."""

from itertools import pairwise

from harness.core.history import Event, History, Kind
from harness.core.verdict import Evidence

Lane = tuple[str, str]
Mark = tuple[int, str, str]
"""Where a name was last disturbed: position, request, unit."""


class _Disturbances:
    """Remembers, for each name and for the ends of requests, the last mark and the last by anyone else."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Mark | None, Mark | None]] = {}

    def add(self, name: str, event: Event) -> None:
        mark = (event.seq, event.request, event.unit)
        last, other = self._last.get(name, (None, None))
        if last is not None and last[1] != event.request:
            other = last
        self._last[name] = (mark, other)

    def since(self, name: str, seq: int, request: str, unit: str) -> bool:
        """Tell whether another request, on another unit, left a mark after ``seq``."""
        return any(
            mark is not None and mark[0] > seq and mark[1] != request and mark[2] != unit
            for mark in self._last.get(name, (None, None))
        )


def measure(history: History) -> Evidence:
    """Count the evidence in one pass over the history."""
    wrote: dict[tuple[str, str, str], int] = {}
    disturbances = _Disturbances()
    entered: dict[str, int] = {}
    left: set[str] = set()
    failed: set[str] = set()
    cancelled: set[str] = set()
    overlapping: set[str] = set()
    in_company: set[str] = set()
    in_flight: set[str] = set()
    used_units: dict[str, str] = {}
    reuse = replies = 0
    updates: dict[str, list[tuple[int, Event]]] = {}

    for event in history:
        match event.kind:
            case Kind.READ:
                for name in event.name.split("+"):
                    since = wrote.get((event.request, event.unit, name))
                    if since is not None and (
                        disturbances.since(name, since, event.request, event.unit)
                        or disturbances.since("", since, event.request, event.unit)
                    ):
                        overlapping.add(event.request)
            case Kind.WROTE:
                wrote[event.request, event.unit, event.name] = event.seq
                disturbances.add(event.name, event)
            case Kind.ENTER:
                entered[event.request] = event.seq
                if in_flight:
                    in_company.add(event.request)
                    in_company |= in_flight
                in_flight.add(event.request)
                if used_units.get(event.unit, event.request) != event.request:
                    reuse += 1
            case Kind.LEAVE:
                left.add(event.request)
                in_flight.discard(event.request)
                used_units[event.unit] = event.request
                disturbances.add("", event)
            case Kind.FAILED:
                failed.add(event.request)
            case Kind.CANCELLED:
                cancelled.add(event.request)
            case Kind.REPLIED:
                replies += event.request in in_company
            case Kind.UPDATED:
                updates.setdefault(event.name, []).append((entered.get(event.request, event.seq), event))
            case Kind.EXPECT | Kind.RESIDUE:
                pass

    return Evidence(
        entered=len(entered),
        ends=len(left),
        failed=len(failed),
        cancelled=len(cancelled),
        unanswered=len(entered.keys() - left),
        overlap=len(overlapping),
        reuse=reuse,
        replies=replies,
        updates=sum(_contested(rounds) for rounds in updates.values()),
    )


def _contested(rounds: list[tuple[int, Event]]) -> int:
    """Count the updates of one thing that began before the one recorded before them ended."""
    return sum(began < before.seq for (_, before), (began, _) in pairwise(rounds))
