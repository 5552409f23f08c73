"""Under gevent a Local is keyed by the thread's ident: another greenlet, 1 tick later, overwrites what one reads."""

from bench.explore.cases._overwritten_greenlets import overwritten

CASE = overwritten(ticks=1, writer_first=True)
