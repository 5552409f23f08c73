"""The checker for lost: a request's own value was gone, or another of its own values stood in its place."""

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
            read = look.read
            yield Witness(
                Anomaly.LOST,
                victim=read.request,
                writer=None,
                name=read.name,
                seqs=(look.wrote.seq, read.seq),
                sentence=f"{read.request} wrote {read.name!r}, {WHAT[look.seen]}.",
            )


CHECKER = Checker(Anomaly.LOST, "no request loses its own value", Need.OVERLAP, check)
