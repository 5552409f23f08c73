"""Stops what a schedule has left, without real time and without choices, as ``asyncio.run`` does at its end."""

import asyncio
from collections import deque
from contextlib import suppress
from heapq import heappop
from typing import Any

from harness.controlled._tasks.loop import AnyTask, Loop

ROUNDS = 20
"""How often a task is cancelled before it counts as unstoppable."""
CALLBACKS = 2_000
"""How many may run from one cancellation to the next."""


def stop_leftovers(loop: Loop) -> list[AnyTask]:
    """Cancel what is left and run it to its end; return the tasks that would not end, abandoned."""
    unstoppable: list[AnyTask] = []
    if loop.units or loop.soon or (loop.asyncgens and _begun(loop)):
        _gather(loop)
        unstoppable = _cancel(loop)
        for generator in _begun(loop):
            loop.create_task(generator.aclose())
        if not _run_out(loop) or any(not task.done() for task in loop.units):
            unstoppable = _cancel(loop)
    return unstoppable


def _begun(loop: Loop) -> list[Any]:
    """Return the asynchronous generators that were begun and still exist."""
    return [generator for each in loop.asyncgens if (generator := each()) is not None]


def _gather(loop: Loop) -> None:
    """Put all that is due or waits for a time where it runs without being picked."""
    steps = [step for step in loop.steps if step is not None]
    loop.queue = deque(
        asyncio.Handle(callback, arguments, loop, context) for context, callback, arguments in steps
    )
    loop.queue.extend(handle for handle, _ in loop.soon)
    for timer in loop.sleeps.values():
        loop.wait_for(timer)


def _cancel(loop: Loop) -> list[AnyTask]:
    for _ in range(ROUNDS):
        left = [task for task in loop.units if not task.done()]
        if not left:
            return []
        for task in left:
            task.cancel()
        if not _run_out(loop):
            break
    return [task for task in loop.units if not task.done()]


def _run_out(loop: Loop) -> bool:
    """Run callbacks, and timers when nothing else is left; tell whether they came to an end."""
    queue, timers = loop.queue, loop.timeouts
    assert queue is not None
    for _ in range(CALLBACKS):
        if queue:
            handle = queue.popleft()
            if not handle.cancelled():
                with suppress(SystemExit):
                    handle._run()
        elif timers:
            when, _, timer = heappop(timers)
            if not timer.cancelled():
                loop.now = max(loop.now, when)
                queue.append(timer)
        else:
            return True
    return False
