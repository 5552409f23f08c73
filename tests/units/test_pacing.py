"""A unit's pauses follow from its request's seed, whatever the unit did before; steps that it cannot do it refuses."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.core.steps import PAUSE, Cancel, Chunk, Join, Script, Spawn, drive, drive_async
from harness.units.pacing import BlockingSteps
from harness.units.task import TaskSteps


class Noting:
    """A gate that notes what it is asked for; a pause lasts as many ticks as it is counted."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def ticks(self, seed: int, nth: int) -> Iterator[int]:
        self.asked.append((seed, nth))
        yield from range(nth)


class AtOnce(BlockingSteps):
    """Runs a child where it is spawned, and counts ticks."""

    ticked = 0

    def tick(self) -> None:
        type(self).ticked += 1

    def spawn(self, run: Callable[[], Any]) -> Any:
        return run()

    def join(self, handle: Any) -> Any:
        return handle

    def offload(self, function: Callable[[], Any]) -> Any:
        return function()


def blocking(gate: Noting, script: Callable[[], Script[Any]], *seeds: int) -> None:
    steps = AtOnce(gate)
    for seed in seeds:
        drive(script(), steps.begin(seed))


def tasking(gate: Noting, script: Callable[[], Script[Any]], *seeds: int) -> None:
    async def main() -> None:
        steps = TaskSteps(gate)
        for seed in seeds:
            await drive_async(script(), steps.begin(seed))

    asyncio.run(main())


@pytest.fixture(params=[blocking, tasking], ids=["blocking", "task"])
def perform(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Run a script for each seed in turn, on steps of one unit."""
    found: Callable[..., None] = request.param
    return found


def pauses() -> Script[None]:
    yield PAUSE
    yield PAUSE


def spawns() -> Script[None]:
    yield PAUSE
    yield Join((yield Spawn(pauses())))
    yield Join((yield Spawn(pauses())))
    yield PAUSE


def test_a_request_counts_its_own_pauses(perform: Callable[..., None]) -> None:
    gate = Noting()
    perform(gate, pauses, 7, 9)
    assert gate.asked == [(7, 1), (7, 2), (9, 1), (9, 2)]


def test_children_pause_by_seeds_of_their_own(perform: Callable[..., None]) -> None:
    one, again, other = Noting(), Noting(), Noting()
    perform(one, spawns, 7)
    perform(again, spawns, 7)
    perform(other, spawns, 8)
    assert one.asked == again.asked
    assert not set(one.asked) & set(other.asked)
    assert len(set(one.asked)) == 6, "no two pauses of a request and its children are alike"


def test_a_pause_has_the_ticks_of_its_gate() -> None:
    AtOnce.ticked = 0
    blocking(Noting(), pauses, 1)
    assert AtOnce.ticked == 1 + 2


def test_a_chunk_is_no_step_of_a_unit(perform: Callable[..., None]) -> None:
    def streams() -> Script[None]:
        yield Chunk(b"piece")

    with pytest.raises(TypeError, match="belongs in a body script"):
        perform(Noting(), streams, 1)


def test_threads_refuse_to_be_cancelled() -> None:
    def cancels() -> Script[None]:
        yield Cancel()

    with pytest.raises(TypeError, match="run this scenario on greenlets or tasks"):
        blocking(Noting(), cancels, 1)
