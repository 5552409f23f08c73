"""How a task lets others go on."""

import asyncio


async def pause(ticks: int) -> None:
    """Give way so many times, as one does who waits for a backend."""
    for _ in range(ticks):
        await asyncio.sleep(0)
