"""Says of every recorded look-up what it saw: the judgement that checkers and the table of observed states share."""

from dataclasses import dataclass
from enum import StrEnum

from harness.core.history import ABSENT, Event, History, Kind


class Seen(StrEnum):
    """What a look-up answered, told by who wrote the value."""

    OWN = "its own value"
    EMPTY = "nothing, and nothing was expected"
    LIVING = "the value of another in flight"
    FINISHED = "the value of another already over"
    TORN = "fields of two requests together"
    GONE = "nothing, where its own value should be"
    OLDER = "another value of its own"
    UNKNOWN = "a value that nobody wrote"


@dataclass(frozen=True, slots=True)
class Look:
    """One look-up: what it saw and, for a foreign value, the event that wrote it."""

    read: Event
    seen: Seen
    wrote: Event | None


def judge_reads(history: History) -> list[Look]:
    """Judge each READ of a history, in order.

    Two requests are in flight together when neither left before the other entered; a foreign value is then a
    living other's, whether or not the writer left in the meantime, because only overlap can have brought it.
    """
    return history.derive(_judge_all)


def _judge_all(history: History) -> list[Look]:
    entered: dict[str, int] = {}
    left: dict[str, int] = {}
    for event in history:
        if event.kind is Kind.ENTER:
            entered.setdefault(event.request, event.seq)
        elif event.kind is Kind.LEAVE:
            left[event.request] = event.seq

    looks: list[Look] = []
    wrote: dict[str, Event] = {}
    expected: dict[tuple[str, str, str], str] = {}
    for event in history:
        lane = (event.request, event.unit, event.name)
        if event.kind is Kind.WROTE:
            wrote[event.value] = event
            expected[lane] = event.value
        elif event.kind is Kind.EXPECT:
            expected[lane] = event.value
        elif event.kind is Kind.READ:
            looks.append(_judge(event, wrote, expected, entered, left))
    return looks


def _judge(
    read: Event,
    wrote: dict[str, Event],
    expected: dict[tuple[str, str, str], str],
    entered: dict[str, int],
    left: dict[str, int],
) -> Look:
    if expected.get((read.request, read.unit, read.name)) == read.value != ABSENT:
        return Look(read, Seen.OWN, None)
    together = isinstance(read.value, tuple)
    names = read.name.split("+") if together else [read.name]
    values = list(read.value) if together else [read.value]
    writers = [wrote.get(value) for value in values]
    owners = {writer.request for writer in writers if writer is not None}
    foreign = next(
        (writer for writer in writers if writer is not None and writer.request != read.request), None
    )

    if foreign is not None:
        if len(owners) > 1:
            return Look(read, Seen.TORN, foreign)
        over = left.get(foreign.request, len(left) + read.seq + 1)
        alive = over > entered.get(read.request, read.seq)
        return Look(read, Seen.LIVING if alive else Seen.FINISHED, foreign)

    for name, value, writer in zip(names, values, writers, strict=True):
        due = expected.get((read.request, read.unit, name))
        if value == ABSENT:
            if due not in (None, ABSENT):
                return Look(read, Seen.GONE, wrote.get(due or ""))
        elif writer is None:
            return Look(read, Seen.UNKNOWN, wrote.get(due or ""))
        elif due is not None and value != due:
            return Look(read, Seen.OLDER, writer)
    return Look(read, Seen.EMPTY if ABSENT in values else Seen.OWN, None)
