"""The host ``greenlets``: gevent greenlets on one thread, each serving many requests, as on kept-alive connections."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import gevent
from gevent.exceptions import LoopExit

from harness.core.ports import Gate, Host, StandstillError, Visit
from harness.core.steps import drive
from harness.core.verdict import Need
from harness.inside.stacks import innermost
from harness.units.greenlet import GreenletSteps
from localimpl import Unit


def run(lanes: Sequence[Iterable[tuple[int, Visit]]], gate: Gate) -> None:
    """Give each client a greenlet of its own for all its requests; one that timed out goes on with the next."""

    def serve(label: str, lane: Iterable[tuple[int, Visit]]) -> None:
        steps = GreenletSteps(gate)
        for seed, visit in lane:
            with suppress(gevent.Timeout):
                drive(visit(label), steps.begin(seed))

    greenlets = [gevent.spawn(serve, f"greenlet-{number}", lane) for number, lane in enumerate(lanes)]
    try:
        gevent.joinall(greenlets, raise_error=True)
    except LoopExit:
        places = dict.fromkeys(innermost(each.gr_frame) for each in greenlets if not each.dead)
        raise StandstillError(
            f"all greenlets wait for something that nobody is left to bring: in {', '.join(places)}"
        ) from None


HOST = Host(
    name="greenlets",
    summary="gevent greenlets, one for each client, in a process that gevent has patched",
    unit=Unit.GREENLET,
    run=run,
    offers=frozenset(Need),
    patched=True,
)
