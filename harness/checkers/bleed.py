"""The checker for bleed: a request saw the value of another that was in flight together with it."""

from collections.abc import Iterator

from harness.core.history import History
from harness.core.ports import Checker
from harness.core.reads import Seen, judge_reads
from harness.core.verdict import Anomaly, Need, Witness


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each look-up that answered a living other's value."""
    for look in judge_reads(history):
        if look.seen is Seen.LIVING and look.wrote is not None:
            read, wrote = look.read, look.wrote
            yield Witness(
                Anomaly.BLEED,
                victim=read.request,
                writer=wrote.request,
                name=read.name,
                seqs=(wrote.seq, read.seq),
                sentence=f"{wrote.request} wrote {wrote.name!r}; "
                f"{read.request}, in flight with it, read {wrote.request}'s value.",
            )


CHECKER = Checker(
    Anomaly.BLEED, "no request sees the value of another in flight with it", Need.OVERLAP, check
)
