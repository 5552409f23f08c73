"""The overlap that is counted in one pass is the one that its definition, tried on all pairs, gives."""

from hypothesis import given
from hypothesis import strategies as st

from harness.core.evidence import measure
from harness.core.history import Event, History, Kind, Row

REQUESTS = ("a", "b", "c")
NAMES = ("user", "tenant")
KINDS = (Kind.WROTE, Kind.READ, Kind.LEAVE)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """One event of one of a few requests, each on a unit of its own or on a child of that."""
    request = draw(st.sampled_from(REQUESTS))
    kind = draw(st.sampled_from(KINDS))
    unit = request + draw(st.sampled_from(("", "/child")))
    name = "" if kind is Kind.LEAVE else draw(st.sampled_from(NAMES))
    return kind, request, unit, name, "some value"


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


@given(st.lists(rows(), max_size=40))
def test_one_pass_counts_what_the_definition_does(drawn: list[Row]) -> None:
    history = History(drawn)
    events = list(history)
    disturbed = {read.request for read in events if read.kind is Kind.READ and is_disturbed(read, events)}
    assert measure(history).overlap == len(disturbed)
