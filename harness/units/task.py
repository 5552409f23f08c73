"""Steps on an asyncio task."""

import asyncio
from typing import Any

from harness.core.steps import Await, Cancel, Join, Offload, Pause, Spawn, drive_async
from harness.units.pacing import Pacing


class TaskSteps(Pacing):
    """A pause goes once round the loop; a child is a new task, which starts with a copy of the contextvars."""

    __slots__ = ()

    async def __call__(self, step: Any) -> Any:
        """Perform a step and return its answer."""
        match step:
            case Pause():
                for _ in self.ticks():
                    await asyncio.sleep(self.nap)
                return None
            case Spawn(script):
                return asyncio.create_task(drive_async(script, self.for_child()))
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
