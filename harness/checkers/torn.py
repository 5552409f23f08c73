"""The checker for torn: fields that belong together came from two requests."""

from collections.abc import Iterator

from harness.core.history import History
from harness.core.ports import Checker
from harness.core.reads import Seen, judge_reads
from harness.core.verdict import Anomaly, Need, Witness


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each joint look-up whose fields were written by more than one request."""
    for look in judge_reads(history):
        if look.seen is Seen.TORN and look.wrote is not None:
            read, wrote = look.read, look.wrote
            yield Witness(
                Anomaly.TORN,
                victim=read.request,
                writer=wrote.request,
                name=read.name,
                seqs=(wrote.seq, read.seq),
                sentence=f"{read.request} read {read.name.replace('+', ' and ')} together; "
                f"{wrote.name!r} was {wrote.request}'s, the rest was not.",
            )


CHECKER = Checker(Anomaly.TORN, "fields written together are read together", Need.OVERLAP, check)
