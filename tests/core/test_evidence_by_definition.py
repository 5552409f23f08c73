"""What is counted in one pass, overlap and contending updates, is what its definition, tried on all pairs, gives."""

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from harness.core.evidence import measure
from harness.core.history import Event, History, Kind, Row

REQUESTS = ("a", "b", "c")
NAMES = ("user", "tenant")
LOOKS = (Kind.WROTE, Kind.READ, Kind.LEAVE)
UPDATES = (Kind.BEGAN, Kind.UPDATED, Kind.LEAVE)


@st.composite
def rows(draw: st.DrawFn, kinds: Sequence[Kind]) -> Row:
    """One event of one of a few requests, each on a unit of its own or on a child of that."""
    request = draw(st.sampled_from(REQUESTS))
    kind = draw(st.sampled_from(kinds))
    unit = request + draw(st.sampled_from(("", "/child")))
    name = "" if kind is Kind.LEAVE else draw(st.sampled_from(NAMES))
    return kind, request, unit, name, ("before", "after") if kind is Kind.UPDATED else "some value"


def is_disturbed(read: Event, events: list[Event]) -> bool:
    """Whether, between the unit's last write of the name and this read, another wrote the name or ended."""
    own = [
        event.seq
        for event in events[: read.seq]
        if (event.kind, event.request, event.unit, event.name)
        == (Kind.WROTE, read.request, read.unit, read.name)
    ]
    return bool(own) and any(
        event.request != read.request
        and (event.kind is Kind.LEAVE or (event.kind is Kind.WROTE and event.name == read.name))
        for event in events[own[-1] : read.seq]
    )


def under_way(events: list[Event], name: str) -> dict[str, range]:
    """Where each request that updated the name was at it: from its first word of it to its leaving."""
    found = {}
    for request in {event.request for event in events if (event.kind, event.name) == (Kind.UPDATED, name)}:
        own = [event for event in events if event.request == request]
        start = min(event.seq for event in own if event.name == name and event.kind in UPDATES)
        ends = [event.seq for event in own if event.kind is Kind.LEAVE]
        found[request] = range(start, max(ends, default=len(events)))
    return found


@given(st.lists(rows(LOOKS), max_size=40))
def test_one_pass_counts_what_the_definition_does(drawn: list[Row]) -> None:
    history = History(drawn)
    events = list(history)
    disturbed = {read.request for read in events if read.kind is Kind.READ and is_disturbed(read, events)}
    assert measure(history).overlap == len(disturbed)


def ending_once(rows: list[Row]) -> list[Row]:
    """Without what is said of a request that is over."""
    over: set[str] = set()
    kept = []
    for row in rows:
        if row[1] not in over:
            kept.append(row)
        if row[0] is Kind.LEAVE:
            over.add(row[1])
    return kept


@given(st.lists(rows(UPDATES), max_size=40).map(ending_once))
def test_updates_contend_when_both_are_under_way_at_some_moment(drawn: list[Row]) -> None:
    history = History(drawn)
    contending = {
        request
        for name in NAMES
        for (request, one), (_, other) in permutations(under_way(list(history), name).items(), 2)
        if set(one) & set(other)
    }
    assert measure(history).updates == len(contending)
