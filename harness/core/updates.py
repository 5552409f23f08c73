"""Says of every pair of read-modify-writes that began from the same value whether they ran together or in turn."""

from typing import NamedTuple

from harness.core.history import LEAVE, Event, History, Kind


class Clash(NamedTuple):
    """Two updates of one name by two requests, both from the same value."""

    first: Event
    second: Event
    in_turn: bool
    """The first's request was over before the second's update began, so the second saw what had been replaced."""


def judge_updates(history: History) -> list[Clash]:
    """Return a clash for each update that began from a value which another request had already replaced.

    An update whose request failed or was cut short promised nobody that it would last, so it clashes with none.
    """
    return history.derive(_judge_all)


def _judge_all(history: History) -> list[Clash]:
    void = {
        request for kind, request, _, _, _ in history.rows if kind is Kind.FAILED or kind is Kind.CANCELLED
    }
    began: dict[tuple[str, str], int] = {}
    left: dict[str, int] = {}
    first_from: dict[tuple[str, str], Event] = {}
    clashes = []
    for seq, row in enumerate(history.rows):
        kind, request, _, name, value = row
        if kind is Kind.BEGAN:
            began[request, name] = seq
        elif kind is LEAVE:
            left[request] = seq
        elif kind is Kind.UPDATED and request not in void:
            event = Event(seq, *row)
            first = first_from.setdefault((name, value[0]), event)
            if first.request != request:
                # An update that never said when it began may have begun early.
                start = began.get((request, name), -1)
                clashes.append(Clash(first, event, left.get(first.request, seq) < start))
    return clashes
