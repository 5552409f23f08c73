"""The checker for stale: a request saw what belongs to another, or what another had replaced, that was over before."""

from collections.abc import Iterator

from harness.core.history import History
from harness.core.ports import Checker
from harness.core.reads import Seen, judge_reads
from harness.core.updates import judge_updates
from harness.core.verdict import Anomaly, Need, Witness


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each look-up of a finished other's value, and for each update from what one replaced."""
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
    for first, second, in_turn in judge_updates(history):
        if in_turn:
            yield Witness(
                Anomaly.STALE,
                victim=second.request,
                writer=first.request,
                name=second.name,
                seqs=(first.seq, second.seq),
                sentence=f"{first.request} replaced {first.name!r} and ended; "
                f"{second.request} began later and still saw the value from before.",
            )


CHECKER = Checker(Anomaly.STALE, "no request sees the value of one that is over", Need.REUSE, check)
