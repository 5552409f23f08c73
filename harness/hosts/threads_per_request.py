"""The host ``threads_per_request``: every request gets a new thread, whose ident an earlier one may have had."""

from collections.abc import Iterable, Sequence
from itertools import count
from threading import Barrier, Thread

from harness.core.ports import Gate, Host, Visit
from harness.core.steps import drive
from harness.core.verdict import Need
from harness.units.thread import ThreadSteps
from localimpl import Unit


def run(lanes: Sequence[Iterable[tuple[int, Visit]]], gate: Gate) -> None:
    """Let each client start one thread a request and wait for it, all clients at once."""
    start = Barrier(len(lanes))
    numbers = count()

    def client(lane: Iterable[tuple[int, Visit]]) -> None:
        steps = ThreadSteps(gate)
        start.wait()
        for seed, visit in lane:
            worker = Thread(
                target=drive, args=(visit(f"thread-{next(numbers)}"), steps.begin(seed)), daemon=True
            )
            worker.start()
            worker.join()

    clients = [Thread(target=client, args=(lane,), daemon=True) for lane in lanes]
    for each in clients:
        each.start()
    for each in clients:
        each.join()


HOST = Host(
    name="threads_per_request",
    summary="a new thread for each request",
    unit=Unit.THREAD,
    run=run,
    offers=frozenset(Need) - {Need.REUSE},
)
