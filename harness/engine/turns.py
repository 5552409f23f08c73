"""Runs scripts on units of their own that take turns at every step, always in the same order."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Any

import greenlet

from harness.core.steps import Script, drive, drive_async
from localimpl import Unit

Begin = Callable[[], Script[Any]]
"""Makes a script; called on the unit that will run it."""


def take_turns(unit: Unit, begins: Mapping[str, Begin]) -> dict[str, Any]:
    """Run each script on a new unit, which gets the name it has in ``begins``; return the results by name.

    A step of any kind is a turn for the next unit. Raises what a script raises.
    """
    run = {Unit.THREAD: _on_threads, Unit.GREENLET: _on_greenlets, Unit.TASK: _on_tasks}[unit]
    return run(begins)


def _on_threads(begins: Mapping[str, Begin]) -> dict[str, Any]:
    baton = threading.Condition()
    waiting = list(begins)  # the first has the turn
    results: dict[str, Any] = {}
    errors: list[BaseException] = []

    def wait_for_turn(name: str) -> None:
        baton.wait_for(lambda: waiting[0] == name)

    def next_turn(step: Any) -> None:
        waiting.append(waiting.pop(0))
        baton.notify_all()
        wait_for_turn(threading.current_thread().name)

    def run(name: str, begin: Begin) -> None:
        # The lock is held whenever this unit runs, and let go only while it waits for its turn.
        with baton:
            wait_for_turn(name)
            try:
                results[name] = drive(begin(), next_turn)
            except BaseException as error:
                errors.append(error)
            finally:
                waiting.remove(name)
                baton.notify_all()

    threads = [
        threading.Thread(target=run, args=(name, begin), name=name, daemon=True)
        for name, begin in begins.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def _on_greenlets(begins: Mapping[str, Begin]) -> dict[str, Any]:
    hub = greenlet.getcurrent()
    results: dict[str, Any] = {}

    def run(name: str, begin: Begin) -> None:
        results[name] = drive(begin(), lambda step: hub.switch())

    units = [
        greenlet.greenlet(lambda name=name, begin=begin: run(name, begin)) for name, begin in begins.items()
    ]
    while units:
        for unit in units:
            unit.switch()
        units = [unit for unit in units if not unit.dead]
    return results


def _on_tasks(begins: Mapping[str, Begin]) -> dict[str, Any]:
    async def next_turn(step: Any) -> None:
        await asyncio.sleep(0)

    async def run(begin: Begin) -> Any:
        return await drive_async(begin(), next_turn)

    async def run_all() -> dict[str, Any]:
        tasks = {name: asyncio.create_task(run(begin), name=name) for name, begin in begins.items()}
        await asyncio.gather(*tasks.values())
        return {name: task.result() for name, task in tasks.items()}

    return asyncio.run(run_all())
