"""With a scheduler that always takes the first, tasks run in the order in which asyncio's own loop runs them."""

import asyncio
import random
import selectors
from collections.abc import Coroutine
from itertools import count
from typing import Any

import pytest

from harness.controlled._tasks.numbered import Task
from harness.core.control import Work
from harness.core.execution import Fate
from tests.controlled.task_schedules import in_turns

Log = list[str]
Step = tuple[Any, ...]
EVENTS = 3
STEPS = (
    "nap",
    "sleep",
    "set",
    "event",
    "lock",
    "gather",
    "group",
    "wait",
    "limit",
    "put",
    "get",
    "shield",
    "quit",
)


class JumpingSelector(selectors.SelectSelector):
    """Lets the clock jump on instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "the program would hang"
        self.now += timeout
        return []


class JumpingLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop in all but the time."""

    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)
        self._clock_resolution = 1e-12

    def time(self) -> float:
        return self.jumping.now


def random_steps(choose: random.Random, depth: int = 0) -> list[Step]:
    steps: list[Step] = []
    for _ in range(choose.randint(1, 4)):
        kind = choose.choice(STEPS)
        match kind:
            case "sleep":
                steps.append((kind, choose.random()))
            case "set" | "event":
                steps.append((kind, choose.randrange(EVENTS), 3 * choose.random()))
            case "lock" | "limit" | "shield" | "quit":
                steps.append((kind, choose.random(), random_steps(choose, depth + 1) if depth < 2 else []))
            case "gather" | "group" | "wait":
                children = choose.randint(1, 3) if depth < 2 else 0
                steps.append((kind, [random_steps(choose, depth + 1) for _ in range(children)]))
            case _:
                steps.append((kind, 3 * choose.random()))
    return steps


class Instance:
    """One run of a program: what its tasks share, and what they have done in order."""

    def __init__(self) -> None:
        self.log: Log = []
        self.outcome: Log = []
        self.playing = 0
        self.lock = asyncio.Lock()
        self.events = [asyncio.Event() for _ in range(EVENTS)]
        self.queue: asyncio.Queue[int] = asyncio.Queue()

    async def run(self, name: str, steps: list[Step]) -> None:
        """Play one of the program's own tasks; what children do after all of them have ended is not compared."""
        self.playing += 1
        try:
            await self.play(name, steps)
        finally:
            self.playing -= 1
            if not self.playing:
                self.outcome = self.log.copy()

    async def play(self, name: str, steps: list[Step]) -> None:
        for number, step in enumerate(steps):
            told = f"{name}.{number} {step[0]}"
            self.log.append(f"{told} begins")
            try:
                await self.perform(f"{name}.{number}", step)
            except TimeoutError:
                self.log.append(f"{told} is late")
            except asyncio.CancelledError:
                self.log.append(f"{told} is cancelled")
                raise
            else:
                self.log.append(f"{told} ends")

    async def perform(self, name: str, step: Step) -> None:
        match step:
            case ("nap", _):
                await asyncio.sleep(0)
            case ("sleep", delay):
                await asyncio.sleep(delay)
            case ("set", event, _):
                self.events[event].set()
            case ("event", event, delay):
                async with asyncio.timeout(delay):
                    await self.events[event].wait()
            case ("lock", _, steps):
                async with self.lock:
                    await self.play(name, [step for step in steps if step[0] in ("nap", "sleep", "set")])
            case ("gather", children):
                await asyncio.gather(*self.children(name, children))
            case ("group", children):
                async with asyncio.TaskGroup() as group:
                    for child in self.children(name, children):
                        group.create_task(child)
            case ("wait", children):
                if tasks := [asyncio.create_task(child) for child in self.children(name, children)]:
                    await asyncio.wait(tasks)
            case ("limit", delay, steps):
                await asyncio.wait_for(self.play(name, steps), delay)
            case ("shield", delay, steps):
                inner = asyncio.ensure_future(self.play(name, steps))
                try:
                    await asyncio.wait_for(asyncio.shield(inner), delay)
                finally:
                    await asyncio.wait([inner])
            case ("quit", delay, steps):
                task = asyncio.create_task(self.play(name, steps))
                await asyncio.sleep(delay)
                task.cancel()
                await asyncio.wait([task])
            case ("put", _):
                self.queue.put_nowait(1)
            case ("get", delay):
                await asyncio.wait_for(self.queue.get(), delay)

    def children(self, name: str, children: list[list[Step]]) -> list[Coroutine[Any, Any, None]]:
        return [self.play(f"{name}/{number}", steps) for number, steps in enumerate(children)]


def on_asyncio(program: list[list[Step]]) -> Log:
    async def main() -> Log:
        instance = Instance()
        await asyncio.wait(
            [asyncio.create_task(instance.run(f"r{number}", steps)) for number, steps in enumerate(program)]
        )
        return instance.outcome

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        # A TaskGroup cancels its children in the order of a set, which elsewhere is that of their addresses.
        numbers = count(-1)
        runner.get_loop().set_task_factory(
            lambda loop, coro, **options: Task(
                coro, next(numbers), loop, **{"name": "", "context": None} | options
            )
        )
        return runner.run(main())


def on_ours(program: list[list[Step]]) -> Log:
    instance = Instance()

    def work(name: str, steps: list[Step]) -> Work:
        return Work(name, lambda: instance.run(name, steps))

    execution = in_turns(lambda: [work(f"r{number}", steps) for number, steps in enumerate(program)])
    assert execution.fate is Fate.DONE, (execution.fate, execution.waiting)
    return instance.outcome


@pytest.mark.parametrize("seed", range(30))
def test_the_order_is_that_of_asyncio(seed: int) -> None:
    choose = random.Random(seed)
    for _ in range(10):
        program = [random_steps(choose) for _ in range(choose.randint(2, 4))]
        assert on_ours(program) == on_asyncio(program)
