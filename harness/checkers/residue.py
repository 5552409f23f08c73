"""The checker for residue: after the end of a request its unit's storage still held something."""

from collections.abc import Iterator

from harness.core.history import History, Kind
from harness.core.ports import Checker
from harness.core.verdict import Anomaly, Need, Witness


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each value found in a unit's storage after its request was torn down."""
    for event in history:
        if event.kind is Kind.RESIDUE:
            yield Witness(
                Anomaly.RESIDUE,
                victim=event.request,
                writer=event.request,
                name=event.name,
                seqs=(event.seq,),
                sentence=f"{event.request} was over, and {event.name!r} was still stored for the unit that ran it.",
            )


CHECKER = Checker(Anomaly.RESIDUE, "a request leaves nothing behind", Need.ENDS, check)
