"""The host ``threads``: a pool of threads, each serving many requests in turn."""

from collections.abc import Iterable, Sequence
from threading import Barrier, Thread

from harness.core.ports import Gate, Host, Visit
from harness.core.steps import drive
from harness.core.verdict import Need
from harness.units.thread import ThreadSteps
from localimpl import Unit


def run(lanes: Sequence[Iterable[tuple[int, Visit]]], gate: Gate) -> None:
    """Give each client a thread of its own for all its requests; all start together."""
    start = Barrier(len(lanes))

    def serve(label: str, lane: Iterable[tuple[int, Visit]]) -> None:
        steps = ThreadSteps(gate)
        start.wait()
        for seed, visit in lane:
            drive(visit(label), steps.begin(seed))

    workers = [
        Thread(target=serve, args=(f"thread-{number}", lane), daemon=True)
        for number, lane in enumerate(lanes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


HOST = Host(
    name="threads",
    summary="a pool of threads that are reused",
    unit=Unit.THREAD,
    run=run,
    offers=frozenset(Need),
)
