"""Leaving out equivalent schedules of tasks loses no outcome, also where they wait for children, threads and times."""

import asyncio
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from harness.controlled.tasks import CONTROLLED
from harness.core.control import StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.schedulers.exhaustive import STRATEGY as EXHAUSTIVE

Operation = tuple[Any, ...]
"""``("get", x)``, ``("set", x)``, ``("pause",)``, ``("nap", t)``, ``("late", t)``, ``("limit", t)``,
``("thread", […])``, ``("spawn", […])`` and ``("join",)``, which waits for all that were spawned."""
Outcome = tuple[Any, ...]
MOST = 300


def random_unit(choose: random.Random, depth: int = 0) -> list[Operation]:
    unit: list[Operation] = []
    for _ in range(choose.randint(2, 4) - depth):
        match choose.randrange(8):
            case 0 | 1:
                unit.append(("get", choose.choice("xy")))
            case 2 | 3:
                unit.append(("set", choose.choice("xy")))
            case 4:
                unit.append(("pause",))
            case 5:
                unit.append((choose.choice(("nap", "late", "limit")), choose.randint(1, 9)))
            case 6:
                unit.append(("thread", [(choose.choice(("get", "set")), "x")]))
            case 7 if not depth:
                unit += [
                    ("spawn", random_unit(choose, depth + 1)),
                    ("pause",),
                    ("set", "x"),
                    ("join",),
                    ("get", "x"),
                ]
    return unit


class Instance:
    """Two variables, whose operations are announced, and what each unit read of them."""

    def __init__(self, touch: Callable[[str, bool], None]) -> None:
        self.touch = touch
        self.values: dict[str, str] = {}
        self.read: dict[str, list[str]] = {}

    def access(self, who: str, operations: list[Operation]) -> None:
        """Perform operations that never wait."""
        for kind, name in operations:
            self.touch(name, kind == "set")
            if kind == "set":
                self.values[name] = f"{who}.{len(self.read.setdefault(who, []))}"
            else:
                self.read.setdefault(who, []).append(self.values.get(name, ""))

    async def run(self, who: str, operations: list[Operation]) -> None:
        children: list[asyncio.Task[None]] = []
        for number, operation in enumerate(operations):
            match operation:
                case ("pause",):
                    await asyncio.sleep(0)
                case ("nap", time):
                    await asyncio.sleep(time)
                    self.read.setdefault(who, []).append(str(asyncio.get_running_loop().time()))
                case ("late", time):
                    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=time)
                    self.read.setdefault(who, []).append(str(asyncio.get_running_loop().time()))
                case ("limit", time):
                    try:
                        async with asyncio.timeout(time):
                            await asyncio.sleep(0)
                            self.access(who, [("set", "x")])
                    except TimeoutError:
                        self.read.setdefault(who, []).append("late")
                case ("thread", inner):
                    await asyncio.to_thread(self.access, who, inner)
                case ("spawn", inner):
                    children.append(asyncio.create_task(self.run(f"{who}{number}", inner)))
                case ("join",):
                    for child in children:
                        await child
                case _:
                    self.access(who, [operation])


def outcomes(program: list[list[Operation]], *, reduce: bool) -> tuple[set[Outcome], int]:
    """Return what the schedules of a program came to, and how many there were; nothing where there were too many."""
    scheduler = EXHAUSTIVE.make(StrategyOptions(bound=None, reduce=reduce))
    found: set[Outcome] = set()
    count = 0
    with CONTROLLED.open() as control:
        while scheduler.begin():
            count += 1
            if count > MOST:
                return set(), count
            execution = Execution(scheduler, tracked=True)
            instance = Instance(execution.touch)
            works = [
                Work(f"r{number}", partial(instance.run, f"r{number}", unit))
                for number, unit in enumerate(program)
            ]
            control.run(works, execution)
            scheduler.done(execution)
            assert execution.fate is Fate.DONE, (execution.fate, execution.waiting)
            read = tuple((who, tuple(values)) for who, values in sorted(instance.read.items()))
            found.add((read, tuple(sorted(instance.values.items()))))
    return found, count


@pytest.mark.parametrize("seed", range(12))
def test_no_outcome_is_lost(seed: int) -> None:
    choose = random.Random(seed)
    saved = 0
    for _ in range(12):
        program = [random_unit(choose) for _ in range(2)]
        everything, plain = outcomes(program, reduce=False)
        if plain <= MOST:
            found, count = outcomes(program, reduce=True)
            assert found == everything, program
            saved += plain - count
    assert saved > 0
