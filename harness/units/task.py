"""Steps on an asyncio task."""

import asyncio
from typing import Any

from harness.core.ports import Gate
from harness.core.steps import Await, Cancel, Join, Offload, Pause, Spawn, drive_async


class TaskSteps:
    """A pause goes once round the loop; a child is a new task, which starts with a copy of the contextvars.

    ``begin`` sets the seed of the next request's pauses; ``nap`` is the length of a tick in seconds.
    """

    __slots__ = ("_gate", "_nth", "_seed", "nap")

    def __init__(self, gate: Gate, nap: float = 0.0) -> None:
        self._gate = gate
        self._seed = 0
        self._nth = 0
        self.nap = nap

    def begin(self, seed: int) -> "TaskSteps":
        """Start the count of pauses anew for a request, and return this performer."""
        self._seed = seed
        self._nth = 0
        return self

    async def __call__(self, step: Any) -> Any:
        """Perform a step and return its answer."""
        match step:
            case Pause():
                self._nth = nth = self._nth + 1
                for _ in self._gate.ticks(self._seed, nth):
                    await asyncio.sleep(self.nap)
                return None
            case Spawn(script):
                self._nth += 1
                performer = TaskSteps(self._gate, self.nap).begin(self._seed ^ (self._nth << 32))
                return asyncio.create_task(drive_async(script, performer))
            case Join(handle):
                return await handle
            case Offload(function):
                return await asyncio.get_running_loop().run_in_executor(None, function)
            case Cancel():
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                return await asyncio.sleep(0)
            case Await(awaitable):
                return await awaitable
            case _:
                raise TypeError(
                    f"{step!r} is no step that a unit performs; a streamed Chunk belongs in a body script"
                )
