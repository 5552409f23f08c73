"""Says which read-modify-writes began from a value already replaced, and which requests found what had been ended."""

from typing import NamedTuple

from harness.core.history import LEAVE, READ, Event, History, Kind


class Clash(NamedTuple):
    """Two events of two requests that cannot both be right."""

    first: Event
    second: Event


def revived(history: History) -> list[Clash]:
    """Return (revocation, look-up) for each look-up of a value that a request had revoked and was over.

    Over, that is, before the one who looked said that it began: what it found can then not have been on its way.
    """
    return history.derive(_revived)


def lost_updates(history: History) -> list[Clash]:
    """Return (earlier, later) for each update that began from a value which another request had already replaced.

    Who had found a revived value lost nothing but was given what is no more.
    """
    return history.derive(_lost_updates)


def _void(history: History) -> set[str]:
    """Return the requests that failed or were cut short: they promised nobody that what they did would last."""
    return {
        request for kind, request, _, _, _ in history.rows if kind is Kind.FAILED or kind is Kind.CANCELLED
    }


def _revived(history: History) -> list[Clash]:
    void = _void(history)
    began: dict[str, int] = {}
    left: dict[str, int] = {}
    revoked: dict[tuple[str, str], list[Event]] = {}
    clashes = []
    for seq, row in enumerate(history.rows):
        kind, request, _, name, value = row
        if kind is Kind.BEGAN:
            began[request] = seq
        elif kind is LEAVE:
            left[request] = seq
        elif kind is Kind.REVOKED and request not in void:
            revoked.setdefault((name, value), []).append(Event(seq, *row))
        elif kind is READ and request in began:
            for each in revoked.get((name, value), ()):
                if each.request != request and left.get(each.request, seq) < began[request]:
                    clashes.append(Clash(each, Event(seq, *row)))
                    break
    return clashes


def _lost_updates(history: History) -> list[Clash]:
    void = _void(history)
    misled = {clash.second.request for clash in revived(history)}
    first_from: dict[tuple[str, str], Event] = {}
    clashes = []
    for seq, row in enumerate(history.rows):
        kind, request, _, name, value = row
        if kind is Kind.UPDATED and request not in void:
            update = Event(seq, *row)
            first = first_from.setdefault((name, value[0]), update)
            if first.request != request and request not in misled:
                clashes.append(Clash(first, update))
    return clashes
