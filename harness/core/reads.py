"""Says of every recorded look-up what it saw: the judgement that checkers and the table of observed states share."""

from enum import StrEnum
from typing import NamedTuple

from harness.core.history import ABSENT, ENTER, EXPECT, LEAVE, READ, WROTE, Event, History


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


class Look(NamedTuple):
    """One look-up: what it saw and, for a foreign value, the event that wrote it."""

    read: Event
    seen: Seen
    wrote: Event | None = None


def judge_reads(history: History) -> list[Look]:
    """Judge each READ of a history, in order.

    Two requests are in flight together when neither left before the other entered; a foreign value is then a
    living other's, whether or not the writer left in the meantime, because only overlap can have brought it.
    """
    return history.derive(_judge_all)


def _judge_all(history: History) -> list[Look]:
    return _Judge(history).looks()


class _Judge:
    """Goes through the rows once and keeps what a look-up is judged by."""

    def __init__(self, history: History) -> None:
        self._rows = history.rows
        self._entered: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._wrote: dict[str, int] = {}
        self._due: dict[tuple[str, str, str], str] = {}

    def looks(self) -> list[Look]:
        wrote, due = self._wrote, self._due
        looks: list[Look] = []
        for seq, row in enumerate(self._rows):
            kind, request, unit, name, value = row
            if kind is READ:
                if value != ABSENT and due.get((request, unit, name)) == value:
                    looks.append(Look(Event(seq, *row), Seen.OWN))  # as nearly all are
                else:
                    looks.append(self._judge(Event(seq, *row)))
            elif kind is WROTE:
                wrote[value] = seq
                due[request, unit, name] = value
            elif kind is EXPECT:
                due[request, unit, name] = value
            elif kind is ENTER:
                self._entered.setdefault(request, seq)
            elif kind is LEAVE:
                self._left[request] = seq
        return looks

    def _judge(self, read: Event) -> Look:
        together = isinstance(read.value, tuple)
        names = read.name.split("+") if together else [read.name]
        values = list(read.value) if together else [read.value]
        writers = [self._writer(value) for value in values]
        foreign = next((each for each in writers if each is not None and each.request != read.request), None)
        if foreign is not None:
            if len({each.request for each in writers if each is not None}) > 1:
                return Look(read, Seen.TORN, foreign)
            over = self._left.get(foreign.request)
            alive = over is None or over > self._entered.get(read.request, read.seq)
            return Look(read, Seen.LIVING if alive else Seen.FINISHED, foreign)

        for name, value, writer in zip(names, values, writers, strict=True):
            due = self._due.get((read.request, read.unit, name))
            if value == ABSENT:
                if due is not None and due != ABSENT:
                    return Look(read, Seen.GONE, self._writer(due))
            elif writer is None:
                return Look(read, Seen.UNKNOWN, self._writer(due or ABSENT))
            elif due is not None and due != value:
                return Look(read, Seen.OLDER, writer)
        return Look(read, Seen.EMPTY if ABSENT in values else Seen.OWN)

    def _writer(self, value: str) -> Event | None:
        seq = self._wrote.get(value)
        return None if seq is None else Event(seq, *self._rows[seq])
