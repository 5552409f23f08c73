"""The checker for lost update: two read-modify-writes began from the same value, so one overwrote the other."""

from collections.abc import Iterator

from harness.core.history import Event, History, Kind
from harness.core.ports import Checker
from harness.core.verdict import Anomaly, Need, Witness


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each update that began from a value which an earlier update had also begun from."""
    begun: dict[tuple[str, str], Event] = {}
    for event in history:
        if event.kind is not Kind.UPDATED:
            continue
        first = begun.setdefault((event.name, event.value[0]), event)
        if first is not event:
            yield Witness(
                Anomaly.LOST_UPDATE,
                victim=first.request,
                writer=event.request,
                name=event.name,
                seqs=(first.seq, event.seq),
                sentence=f"{first.request} and {event.request} both updated {event.name!r} from the same value; "
                "one of the two updates is overwritten.",
            )


CHECKER = Checker(
    Anomaly.LOST_UPDATE, "no update of a shared thing is overwritten unseen", Need.UPDATES, check
)
