"""A toy host: units are generators on shared variables and locks, and run on nothing but the core."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import NOBODY, Execution, Fate
from harness.core.points import PAUSED, Point

Body = Generator[Point | None, None, Any]
"""A unit: yields the point at which it parks, or None where it waits."""
Unit = Callable[["Shared"], Body]
Announce = Callable[[str, bool], None]
Announcing = Callable[[Execution], Announce]
Seen = Callable[[Execution, "Shared"], Any]


class Shared:
    """Variables, locks and semaphores, whose operations are announced."""

    def __init__(self, execution: Execution, announce: Announce | None = None) -> None:
        self.execution = execution
        self.values: dict[str, Any] = {}
        self.holders: dict[str, int] = {}
        self.queues: dict[str, list[int]] = {}
        self.bodies: list[Body] = []
        self._touch = announce or execution.touch

    def get(self, name: str) -> Any:
        self._touch(name, False)
        return self.values.get(name, 0)

    def set(self, name: str, value: Any) -> None:
        self._touch(name, True)
        self.values[name] = value

    def acquire(self, name: str) -> Body:
        """Take a lock, and wait for it as long as another holds it."""
        unit = self.execution.current
        self._touch(name, True)
        while name in self.holders:
            yield from self._wait(
                unit, name, f"{name}, which {self.execution.names[self.holders[name]]} holds"
            )
        self.holders[name] = unit

    def release(self, name: str) -> None:
        """Give a lock back and wake all who wait for it."""
        self._touch(name, True)
        del self.holders[name]
        self._wake(name)

    def take(self, name: str) -> Body:
        """Count a semaphore down, and wait as long as it is 0."""
        unit = self.execution.current
        self._touch(name, True)
        while not self.values.get(name, 0):
            yield from self._wait(unit, name, f"{name} to be given")
        self.values[name] -= 1

    def give(self, name: str) -> None:
        """Count a semaphore up and wake all who wait for it."""
        self._touch(name, True)
        self.values[name] = self.values.get(name, 0) + 1
        self._wake(name)

    def spawn(self, unit: Unit) -> None:
        """Add a unit."""
        self.execution.add(f"unit {len(self.bodies)}")
        self.bodies.append(unit(self))

    def _wait(self, unit: int, name: str, on: str) -> Body:
        self.queues.setdefault(name, []).append(unit)
        self.execution.wait(unit, on)
        yield None
        self._touch(name, True)

    def _wake(self, name: str) -> None:
        for unit in self.queues.pop(name, ()):
            self.execution.wake(unit)


def run(units: Sequence[Unit], execution: Execution, announce: Announce | None = None) -> Shared:
    """Run one schedule to its fate."""
    shared = Shared(execution, announce)
    for unit in units:
        shared.spawn(unit)
    while (number := execution.pick()) != NOBODY:
        try:
            point = next(shared.bodies[number])
        except StopIteration as stop:
            execution.end(number, stop.value)
        else:
            if point is not None:
                execution.park(number, point)
    for body in shared.bodies:
        body.close()
    return shared


@dataclass(frozen=True, slots=True)
class Explored:
    """What a search came to."""

    schedules: int
    outcomes: frozenset[Any]
    executions: Sequence[Execution] = ()
    ended: bool = True


def explore(
    units: Sequence[Unit],
    strategy: Strategy,
    options: StrategyOptions | None = None,
    *,
    tracked: bool = True,
    most: int = 100_000,
    keep: bool = False,
    until: Callable[[Any], bool] = lambda outcome: False,
    seen: Seen | None = None,
    announcing: Announcing | None = None,
) -> Explored:
    """Run schedules until the strategy ends, or so many; ``until`` tells the outcome at which to stop.

    ``seen`` returns what a schedule came to, if that is not what its units returned; ``announcing`` what is told of an
    operation in place of the truth.
    """
    scheduler = strategy.make(options or StrategyOptions())
    outcomes: set[Any] = set()
    executions: list[Execution] = []
    count = 0
    while count < most:
        if not scheduler.begin():
            return Explored(count, frozenset(outcomes), executions)
        count += 1
        execution = Execution(scheduler, tracked=tracked)
        shared = run(units, execution, announcing(execution) if announcing else None)
        scheduler.done(execution)
        outcome = (seen or came_to)(execution, shared)
        outcomes.add(outcome)
        if keep:
            executions.append(execution)
        if until(outcome):
            break
    return Explored(count, frozenset(outcomes), executions, ended=False)


def came_to(execution: Execution, shared: Shared) -> Any:
    """Return what the units returned, or the fate of a schedule that did not end well."""
    return tuple(execution.results) if execution.fate is Fate.DONE else execution.fate


def segments(count: int, tracks: str = "") -> Unit:
    """Return a unit of so many steps; each writes one variable, if one is named."""

    def unit(shared: Shared) -> Body:
        for step in range(count):
            if step:
                yield PAUSED
            if tracks:
                shared.set(tracks, step)

    return unit
