"""The host ``greenlets``: gevent greenlets on one thread, each serving many requests, as on kept-alive connections."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import gevent

from harness.core.ports import Gate, Host, Visit
from harness.core.steps import drive
from harness.core.verdict import Need
from harness.units.greenlet import GreenletSteps
from localimpl import Unit


def run(lanes: Sequence[Iterable[tuple[int, Visit]]], gate: Gate) -> None:
    """Give each client a greenlet of its own for all its requests; one that timed out goes on with the next."""

    def serve(label: str, lane: Iterable[tuple[int, Visit]]) -> None:
        steps = GreenletSteps(gate)
        for seed, visit in lane:
            with suppress(gevent.Timeout):
                drive(visit(label), steps.begin(seed))

    gevent.joinall(
        [gevent.spawn(serve, f"greenlet-{number}", lane) for number, lane in enumerate(lanes)],
        raise_error=True,
    )


HOST = Host(
    name="greenlets",
    summary="gevent greenlets, one for each client",
    unit=Unit.GREENLET,
    run=run,
    offers=frozenset(Need),
    patched=True,
)
