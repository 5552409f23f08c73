"""Under asyncio a Local is keyed by the thread: two tasks, 5 and 10 ticks later, overwrite what one reads."""

from bench.explore.cases._overwritten_tasks import overwritten

CASE = overwritten(5, 10)
