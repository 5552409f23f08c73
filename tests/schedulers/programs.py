"""Random small programs on the toy host: units of a few operations on shared variables, locks and further units."""

from dataclasses import dataclass
from typing import Any

from harness.core.execution import Execution
from harness.core.points import PAUSED
from tests.schedulers.toy import Body, Shared, Unit

Operation = tuple[Any, ...]
"""``("get", x)``, ``("set", x)``, ``("update", x)``, ``("local",)``, ``("both", [a, b])`` in one step, ``("locked", l,
[…])``, ``("spawn", […])``."""


@dataclass(slots=True)
class Memory:
    """What a unit has read so far, so that whatever it writes next tells all it knew."""

    unit: str
    read: tuple[Any, ...] = ()

    def value(self) -> int:
        return hash((self.unit, self.read))


def unit(name: str, operations: list[Operation]) -> Unit:
    """Return a unit that runs the operations, each in a step of its own, and returns all that it read."""

    def body(shared: Shared) -> Body:
        memory = Memory(name)
        yield from _steps(shared, memory, operations)
        return memory.read

    return body


def _steps(shared: Shared, memory: Memory, operations: list[Operation]) -> Body:
    for index, operation in enumerate(operations):
        if index:
            yield PAUSED
        if operation[0] == "locked":
            yield from shared.acquire(operation[1])
            yield PAUSED
            yield from _steps(shared, memory, operation[2])
            shared.release(operation[1])
        elif operation[0] == "spawn":
            shared.spawn(unit(f"{memory.unit}.{index}", operation[1]))
        else:
            _at_once(shared, memory, operation)


def _at_once(shared: Shared, memory: Memory, operation: Operation) -> None:
    match operation:
        case ("get", name):
            memory.read += (shared.get(name),)
        case ("set", name):
            shared.set(name, memory.value())
        case ("update", name):
            memory.read += (shared.get(name),)
            shared.set(name, memory.value())
        case ("both", parts):
            for part in parts:
                _at_once(shared, memory, part)


def seen(execution: Execution, shared: Shared) -> Any:
    """Return all that a schedule came to: its fate, what units read, what was left, and who waits."""
    by_name = sorted(zip(map(str, shared.values), shared.values.values(), strict=True))
    return execution.fate, tuple(execution.results), tuple(by_name), frozenset(execution.waiting.items())
