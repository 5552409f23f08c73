"""The checker for crossed reply: a client got the answer to another's request."""

from collections.abc import Iterator

from harness.core.history import Event, History, Kind
from harness.core.ports import Checker
from harness.core.verdict import Anomaly, Need, Witness


def check(history: History) -> Iterator[Witness]:
    """Yield one witness for each answer that carries the token of another request."""
    owners: dict[str, Event] = {}
    for event in history:
        if event.kind is Kind.ENTER:
            owners[event.value] = event
    for event in history:
        if event.kind is Kind.REPLIED:
            owner = owners.get(event.value)
            if owner is not None and owner.request != event.request:
                yield Witness(
                    Anomaly.CROSSED_REPLY,
                    victim=event.request,
                    writer=owner.request,
                    name="reply",
                    seqs=(owner.seq, event.seq),
                    sentence=f"The client of {event.request} got the answer to {owner.request}.",
                )


CHECKER = Checker(
    Anomaly.CROSSED_REPLY, "each client gets the answer to its own request", Need.REPLIES, check
)
