"""The host ``single``: one thread runs every request in turn, as a synchronous worker does."""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from harness.core.ports import Gate, Host, Visit
from harness.core.steps import drive
from harness.core.verdict import Need
from harness.units.thread import ThreadSteps
from localimpl import Unit


def run(lanes: Sequence[Iterable[tuple[int, Visit]]], gate: Gate) -> None:
    """Take one request of each client in turn, all on the calling thread."""
    steps = ThreadSteps(gate)
    for turn in chain.from_iterable(zip_longest(*lanes)):
        if turn is not None:
            seed, visit = turn
            drive(visit("thread-0"), steps.begin(seed))


HOST = Host(
    name="single",
    summary="one thread, one request after the other",
    unit=Unit.THREAD,
    run=run,
    offers=frozenset({Need.REUSE, Need.ENDS}),
)
