"""Where a task stands, in the lines of the program."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from harness.controlled.tasks import CONTROLLED
from harness.core.control import StrategyOptions, Work
from harness.core.execution import Execution
from harness.core.points import Anchor
from harness.core.steps import PAUSE, Await, Script
from harness.schedulers.fifo import STRATEGY as FIFO

MARK = "# stands here"


def anchors(work: Work) -> list[Anchor]:
    scheduler = FIFO.make(StrategyOptions())
    with CONTROLLED.open() as control:
        execution = Execution(scheduler, locate=control.locate)
        control.run([work], execution)
    return [anchor for anchor in execution.anchors if anchor is not None]


def marked(function: Callable[..., Any]) -> list[int]:
    """Return the lines of a function of this file that are marked."""
    with open(__file__, encoding="utf-8") as source:  # noqa: PTH123
        lines = source.read().splitlines()
    code = function.__code__
    last = max(line for _, _, line in code.co_lines() if line)
    return [number for number in range(code.co_firstlineno, last + 1) if MARK in lines[number - 1]]


async def sleeps() -> None:
    await asyncio.sleep(0)  # stands here
    await asyncio.sleep(5)  # stands here


async def waits() -> None:
    async with asyncio.timeout(1):
        await asyncio.Event().wait()  # stands here


async def deeper() -> None:
    await innermost()


async def innermost() -> None:
    await asyncio.wait_for(asyncio.Event().wait(), 1)  # stands here


async def takes_from_a_generator() -> None:
    async for _ in generator():
        pass


async def generator() -> AsyncIterator[int]:
    await asyncio.sleep(0)  # stands here
    yield 1
    await asyncio.sleep(0)  # stands here


async def enters() -> None:
    async with manager():
        pass


@asynccontextmanager
async def manager() -> AsyncIterator[None]:
    await asyncio.sleep(0)  # stands here
    yield
    await asyncio.sleep(0)  # stands here


class Custom:
    """Awaited through a generator."""

    def __await__(self) -> Generator[Any, None, None]:
        yield  # stands here
        yield from asyncio.sleep(0).__await__()  # stands here


async def awaits_its_own_kind() -> None:
    await Custom()


def script(label: str) -> Script[None]:
    yield PAUSE  # stands here
    yield from part()
    yield Await(native())


def part() -> Script[None]:
    yield PAUSE  # stands here


async def native() -> None:
    await asyncio.sleep(0)  # stands here


@pytest.mark.parametrize(
    ("work", "functions"),
    [
        (Work("r1", sleeps), [sleeps]),
        (Work("r1", waits), [waits]),
        (Work("r1", takes_from_a_generator), [generator]),
        (Work("r1", enters), [vars(manager)["__wrapped__"]]),
        (Work("r1", awaits_its_own_kind), [Custom.__await__]),
        (Work("r1", visits=[(1, script)]), [script, part, native]),
    ],
    ids=["sleeps", "waits", "generator", "manager", "custom", "script"],
)
def test_a_suspended_task_stands_in_the_program(work: Work, functions: list[Callable[..., Any]]) -> None:
    stood = [anchor for anchor in anchors(work) if anchor.role in ("pause", "wait")]
    assert {anchor.file for anchor in stood} == {__file__}
    assert [anchor.line for anchor in stood] == [line for each in functions for line in marked(each)]


def test_of_several_frames_the_innermost_counts() -> None:
    stood = {anchor[1:3] for anchor in anchors(Work("r1", deeper)) if anchor.role == "wait"}
    # On 3.11 wait_for makes a task, which has nothing of the program's in it.
    assert stood - {("", 0)} == {(__file__, line) for line in marked(innermost)}


def test_a_task_that_has_not_begun_stands_at_its_function() -> None:
    async def child() -> None:
        pass

    async def parent() -> None:
        one = asyncio.create_task(child())
        two = asyncio.create_task(asyncio.to_thread(len, ""))
        await one
        await two

    places: dict[str, tuple[str, int]] = {}
    scheduler = FIFO.make(StrategyOptions())
    with CONTROLLED.open() as control:

        class Looking:
            """Looks where all stand before each pick."""

            def pick(self, execution: Execution) -> int:
                for unit in execution.ready:
                    places.setdefault(execution.names[unit], control.locate(unit))
                return scheduler.pick(execution)

            def begin(self) -> bool:
                return scheduler.begin()

            def done(self, execution: Execution) -> None:
                scheduler.done(execution)

        control.run([Work("r1", parent), Work("r2", parent)], Execution(Looking()))
    assert places["r1"] == (__file__, parent.__code__.co_firstlineno)
    assert places["r1/1"] == (__file__, child.__code__.co_firstlineno)
