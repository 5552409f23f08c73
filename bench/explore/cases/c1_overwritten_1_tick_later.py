"""Under asyncio a Local is keyed by the thread's ident: another task, 1 tick later, overwrites what one reads."""

from bench.explore.cases._overwritten_tasks import overwritten

CASE = overwritten(1, writer_first=True)
