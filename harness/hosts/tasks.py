"""The host ``tasks``: asyncio tasks on one thread, a new one for each request, as ASGI servers make them."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import count

from harness.core.ports import Gate, Host, Visit
from harness.core.steps import drive_async
from harness.core.verdict import Need
from harness.units.task import TaskSteps
from localimpl import Unit


def run(lanes: Sequence[Iterable[tuple[int, Visit]]], gate: Gate) -> None:
    """Let each client start one task a request and wait for it, all clients at once."""
    numbers = count()

    async def client(lane: Iterable[tuple[int, Visit]]) -> None:
        steps = TaskSteps(gate)
        for seed, visit in lane:
            script = visit(f"task-{next(numbers)}")
            task = asyncio.ensure_future(drive_async(script, steps.begin(seed)))
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    async def every_client() -> None:
        await asyncio.gather(*(client(lane) for lane in lanes))

    asyncio.run(every_client())


HOST = Host(
    name="tasks",
    summary="asyncio tasks, a new one for each request",
    unit=Unit.TASK,
    run=run,
    offers=frozenset(Need) - {Need.REUSE},
)
