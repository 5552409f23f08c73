"""The checker for lost: what a request should have found was gone, or another value of its own stood there."""

from collections.abc import Iterator

from harness.core.history import History
from harness.core.ports import Checker
from harness.core.reads import Seen, judge_reads
from harness.core.verdict import Anomaly, Need, Witness

WHAT = {
    Seen.GONE: "then found nothing there",
    Seen.OLDER: "then found another value of its own",
    Seen.UNKNOWN: "then found a value that nobody wrote",
}


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each look-up that should have answered the request's own latest value and did not."""
    for look in judge_reads(history):
        if look.seen in WHAT and look.wrote is not None:
            read, wrote = look.read, look.wrote
            own = wrote.request == read.request
            # Who works on with what it found, a log-in for one, is told to expect the value of who made it.
            heir = "" if own else f" and {read.request} had it"
            yield Witness(
                Anomaly.LOST,
                victim=read.request,
                writer=None if own else wrote.request,
                name=read.name,
                seqs=(wrote.seq, read.seq),
                sentence=f"{wrote.request} wrote {read.name!r}{heir}, {WHAT[look.seen]}.",
            )


CHECKER = Checker(Anomaly.LOST, "no request loses its own value", Need.OVERLAP, check)
