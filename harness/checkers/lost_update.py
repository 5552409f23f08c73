"""The checker for lost update: two read-modify-writes began from the same value, so one overwrote the other."""

from collections.abc import Iterator

from harness.core.history import History
from harness.core.ports import Checker
from harness.core.updates import lost_updates
from harness.core.verdict import Anomaly, Need, Witness


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each update from a value that an earlier update also began from."""
    for first, second in lost_updates(history):
        yield Witness(
            Anomaly.LOST_UPDATE,
            victim=first.request,
            writer=second.request,
            name=first.name,
            seqs=(first.seq, second.seq),
            sentence=f"{first.request} and {second.request} both updated {first.name!r} from the same value; "
            "one of the two updates is overwritten.",
        )


CHECKER = Checker(
    Anomaly.LOST_UPDATE, "no update of a shared thing is overwritten unseen", Need.UPDATES, check
)
