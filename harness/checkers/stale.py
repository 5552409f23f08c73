"""The checker for stale: a request saw the value of another, or one that another had ended, over before it began."""

from collections.abc import Iterator

from harness.core.history import History
from harness.core.ports import Checker
from harness.core.reads import Seen, judge_reads
from harness.core.updates import revived
from harness.core.verdict import Anomaly, Need, Witness


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each look-up of a finished other's value, and for each that found what one had ended."""
    for look in judge_reads(history):
        if look.seen is Seen.FINISHED and look.wrote is not None:
            read, wrote = look.read, look.wrote
            yield Witness(
                Anomaly.STALE,
                victim=read.request,
                writer=wrote.request,
                name=read.name,
                seqs=(wrote.seq, read.seq),
                sentence=f"{wrote.request} wrote {wrote.name!r} and ended; "
                f"{read.request} began later and still read its value.",
            )
    for revoked, read in revived(history):
        yield Witness(
            Anomaly.STALE,
            victim=read.request,
            writer=revoked.request,
            name=read.name,
            seqs=(revoked.seq, read.seq),
            sentence=f"{revoked.request} ended {revoked.name!r} and was over; "
            f"{read.request} looked later and still found it.",
        )


CHECKER = Checker(Anomaly.STALE, "no request sees the value of one that is over", Need.REUSE, check)
