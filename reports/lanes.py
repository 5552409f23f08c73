"""Turns a sample's raw events into what is drawn of them: one lane a request, one row an event, the leak."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.core.history import ABSENT, Kind
from harness.core.record import Sample
from harness.core.verdict import Anomaly

MOST_ROWS = 14
"""Rows that a drawing has at most before uninteresting events are folded."""
MOST_LANES = 4
LONGEST_VALUE = 18
LONGEST_ERROR = 28
OTHER = -1
"""The owner of a value that no request with a lane wrote."""
SECRET = re.compile(r"\b(\w+)-[0-9a-f]{12}\b")
"""A token: the request's id and the digits that make it unguessable."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a label; of a value, ``owner`` is the lane of the request that wrote it, or OTHER."""

    text: str
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """One event on its lane; ``role`` is ``source`` or ``victim`` for the events that prove the mix-up, ``foreign`` for
    another look-up that answered someone else's value."""

    lane: int
    seq: int
    kind: Kind
    label: tuple[Piece, ...]
    role: str = ""
    full: str = ""
    """The whole value, where the label shows but a part of it."""

    @property
    def text(self) -> str:
        """The label as plain text."""
        return "".join(piece.text for piece in self.label)


@dataclass(frozen=True, slots=True)
class Fold:
    """A row that stands for several events that do not matter here."""

    count: int
    lanes: tuple[int, ...]

    @property
    def text(self) -> str:
        """What was left out."""
        return f"{self.count} more events"


@dataclass(frozen=True, slots=True)
class Lane:
    """One request: its unit, and from which row to which it was in flight (None: before the first, after the last)."""

    request: str
    unit: str
    begins: int | None
    ends: int | None


@dataclass(frozen=True, slots=True)
class Leak:
    """An arrow from the row of a write to the row of the look-up that it shows up in."""

    source: int
    target: int
    gone: bool = False
    """The value should have arrived and did not."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """What is drawn of a sample."""

    lanes: tuple[Lane, ...]
    rows: tuple[Mark | Fold, ...]
    leaks: tuple[Leak, ...]
    sentence: str
    left_out: int
    """Requests that found no lane."""


Row = tuple[int, str, str, str, str, object]


def lay_out(sample: Sample) -> Lanes:
    """Return what is drawn of a sample."""
    requests = _requests(sample)
    events = [row for row in sample.events if row[2] in requests]
    lane_of = {request: lane for lane, request in enumerate(requests)}
    writers = _writers(events)
    arrows = _arrows(sample, events, writers)
    ends = {seq for arrow in arrows for seq in arrow[:2]}
    rows: list[Mark | Fold] = []
    row_of: dict[int, int] = {}
    for group in _fold(events, _keep(sample, events, ends)):
        for event in group:
            row_of[event[0]] = len(rows)
        if len(group) == 1:
            rows.append(_mark(group[0], lane_of, writers, _role(group[0][0], arrows)))
        else:
            rows.append(Fold(len(group), tuple(sorted({lane_of[event[2]] for event in group}))))
    return Lanes(
        tuple(_lane(request, events, row_of) for request in requests),
        tuple(rows),
        tuple(Leak(row_of[start], row_of[end], gone) for start, end, gone in arrows),
        sample.witness.sentence if sample.witness else "",
        len(set(sample.requests) - set(requests)),
    )


def _requests(sample: Sample) -> list[str]:
    """Order the requests by their first event; of too many, the involved ones stay."""
    first = list(dict.fromkeys(row[2] for row in sample.events))
    if len(first) <= MOST_LANES:
        return first
    involved = [sample.witness.writer, sample.witness.victim] if sample.witness else []
    chosen = set([request for request in first if request in involved][:MOST_LANES])
    chosen |= set([request for request in first if request not in chosen][: MOST_LANES - len(chosen)])
    return [request for request in first if request in chosen]


def _values(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, (tuple, list)) else [str(value)]


def _writers(events: Iterable[Row]) -> dict[str, Row]:
    """Map each written value to the event that wrote it."""
    return {str(event[5]): event for event in events if event[1] == Kind.WROTE}


def _arrows(sample: Sample, events: Sequence[Row], writers: dict[str, Row]) -> list[tuple[int, int, bool]]:
    """Return (from, to, gone) by position in the history; the last event of a witness is where the mix-up shows."""
    witness = sample.witness
    by_seq = {event[0]: event for event in events}
    if witness is None or not witness.seqs or witness.seqs[-1] not in by_seq:
        return []
    target = by_seq[witness.seqs[-1]]
    sources = [seq for seq in witness.seqs[:-1] if seq in by_seq]
    if witness.anomaly in (Anomaly.TORN, Anomaly.RESIDUE):
        wrote = [writers[value] for value in _values(target[5]) if value in writers]
        foreign = [each[0] for each in wrote if each[2] != target[2] or witness.anomaly is Anomaly.RESIDUE]
        sources = sorted({*sources, *(seq for seq in foreign if seq < target[0])})
    return [(source, target[0], witness.anomaly is Anomaly.LOST) for source in sources] or [
        (target[0], target[0], False)
    ]


def _role(seq: int, arrows: Sequence[tuple[int, int, bool]]) -> str:
    if any(seq == end for _, end, _ in arrows):
        return "victim"
    return "source" if any(seq == start for start, _, _ in arrows) else ""


def _keep(sample: Sample, events: Sequence[Row], proof: set[int]) -> set[int]:
    """Choose the events that get a row of their own: the strictest choice that is needed to stay short."""
    everything = {event[0] for event in events}
    names: set[str]
    if sample.witness:
        names = set(sample.witness.name.split("+")) | {sample.witness.name, ""}
    else:
        common = Counter(event[4] for event in events if event[4]).most_common(1)
        names = {name for name, _ in common} | {""}
        proof = {event[0] for event in (*events[:6], *events[-6:])}
    frame = {event[0] for event in events if event[1] in (Kind.ENTER, Kind.LEAVE)}
    named = {event[0] for event in events if event[4] in names}
    near = {events[place][0] for place in _beside(events, proof)}
    for kept in (everything, named | proof, (named & near) | frame | proof, frame | proof):
        if sum(1 for _ in _fold(events, kept)) <= MOST_ROWS:
            return kept
    return proof


def _beside(events: Sequence[Row], proof: set[int]) -> set[int]:
    """Return the places of the events that prove something and of two on each side of them."""
    places = [place for place, event in enumerate(events) if event[0] in proof]
    return {near for place in places for near in range(max(0, place - 2), min(len(events), place + 3))}


def _fold(events: Sequence[Row], kept: set[int]) -> Iterable[list[Row]]:
    """Group the events into rows: one kept event each, or a run of others."""
    run: list[Row] = []
    for event in events:
        if event[0] not in kept:
            run.append(event)
            continue
        if run:
            yield run
            run = []
        yield [event]
    if run:
        yield run


def _lane(request: str, events: Sequence[Row], row_of: dict[int, int]) -> Lane:
    own = [event for event in events if event[2] == request]
    enter = next((event for event in own if event[1] == Kind.ENTER), None)
    leave = next((event for event in reversed(own) if event[1] == Kind.LEAVE), None)
    # Children and the client write under units of their own, so where it began is where it ran.
    unit = (enter or own[0])[3]
    return Lane(request, unit, enter and row_of[enter[0]], leave and row_of[leave[0]])


def short(value: str) -> str:
    """Shorten a value, the same everywhere: no unguessable digits, and of a long one both ends."""
    if value == ABSENT:
        return "nothing"
    value = SECRET.sub(r"\1", value)
    if len(value) <= LONGEST_VALUE:
        return value
    return f"{value[: LONGEST_VALUE // 2]}…{value[-LONGEST_VALUE // 2 + 1 :]}"


def _value(value: object, lane_of: dict[str, int], writers: dict[str, Row]) -> list[Piece]:
    pieces: list[Piece] = []
    for part in _values(value):
        token = SECRET.match(part)
        owner = writers[part][2] if part in writers else token.group(1) if token else None
        pieces += [
            Piece(", "),
            Piece(short(part), None if part == ABSENT else lane_of.get(owner or "", OTHER)),
        ]
    return pieces[1:]


def _mark(event: Row, lane_of: dict[str, int], writers: dict[str, Row], role: str) -> Mark:
    seq, kind, request, unit, name, value = event
    lane = lane_of[request]
    if kind == Kind.FAILED:
        text = SECRET.sub(r"\1", str(value))
        cut = text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}…"
        return Mark(lane, seq, Kind.FAILED, (Piece(f"fails: {cut}"),), role, text)
    shown = _value(value, lane_of, writers)
    owners = {piece.owner for piece in shown} - {None}
    if kind == Kind.READ and not role and owners - {lane}:
        role = "foreign"
    child = unit.partition("/")[2]
    label = [Piece(f"[{child}] ")] if child else []
    label += _words(Kind(kind), unit, name, shown, own=owners == {lane})
    long = [part for part in _values(value) if "…" in short(part)]
    return Mark(lane, seq, Kind(kind), tuple(label), role, ", ".join(long))


def _words(kind: Kind, unit: str, name: str, value: list[Piece], own: bool) -> list[Piece]:
    match kind:
        case Kind.ENTER:
            return [Piece(f"begins on {unit}")]
        case Kind.WROTE:
            return [Piece(f"writes {name} = "), *value]
        case Kind.EXPECT:
            return [Piece(f"expects {name} = "), *value]
        case Kind.READ:
            return [Piece(f"reads {name} → "), *value]
        case Kind.BEGAN:
            return [Piece(f"begins to update {name}")]
        case Kind.UPDATED:
            return [Piece(f"updates {name}: "), value[0], Piece(" → "), *value[2:]]
        case Kind.REVOKED:
            return [Piece(f"ends {name} = "), *value]
        case Kind.RESIDUE:
            return [Piece(f"leaves {name} = "), *value]
        case Kind.FAILED:
            return [Piece("fails")]
        case Kind.CANCELLED:
            return [Piece("is cut short")]
        case Kind.LEAVE:
            return [Piece("is over")]
        case Kind.REPLIED:
            return [Piece("is answered")] if own else [Piece("is answered with the reply to "), *value]
