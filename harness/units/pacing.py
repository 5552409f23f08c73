"""The part of performing steps that threads and greenlets share: how long each pause is, and who does which step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Self, TypeVar

from harness.core.ports import Gate
from harness.core.steps import Await, Cancel, Join, Offload, Pause, Spawn, drive

# Knuth's multiplier for 64 bits (The Art of Computer Programming, vol. 2, 3.3.4): the high bits of a product
# depend on all bits of the factor, so that a child's pauses do not follow from its parent's.
MULTIPLIER = 6364136223846793005


P = TypeVar("P", bound="Pacing")


class Pacing:
    """Counts the pauses of one unit's request; ``begin`` sets the seed of the next request's.

    ``nap`` is the length of a tick in seconds; 0 gives way without waiting.
    """

    __slots__ = ("_gate", "_nth", "_seed", "nap")

    def __init__(self, gate: Gate, nap: float = 0.0) -> None:
        self._gate = gate
        self._seed = 0
        self._nth = 0
        self.nap = nap

    def begin(self, seed: int) -> Self:
        """Start the count of pauses anew for a request, and return this performer."""
        self._seed = seed
        self._nth = 0
        return self

    def ticks(self) -> Iterable[Any]:
        """Return the ticks of the request's next pause."""
        self._nth = nth = self._nth + 1
        return self._gate.ticks(self._seed, nth)

    def for_child(self) -> Self:
        """Return the performer of a unit that this one starts, with pauses of its own."""
        return self.handed_to(type(self))

    def handed_to(self, kind: "type[P]") -> "P":
        """Return the performer of a unit, of any kind, that does a part of this request, with pauses of its own."""
        self._nth += 1
        seed = ((self._seed ^ self._nth) * MULTIPLIER >> 16) % (1 << 48)
        return kind(self._gate, self.nap).begin(seed)


class BlockingSteps(Pacing, ABC):
    """Performs the steps of a thread or greenlet, which waits until each is done."""

    __slots__ = ()

    def __call__(self, step: Any) -> Any:
        """Perform a step and return its answer."""
        match step:
            case Pause():
                tick = self.tick
                for _ in self.ticks():
                    tick()
                return None
            case Spawn(script):
                return self.spawn(partial(drive, script, self.for_child()))
            case Join(handle):
                return self.join(handle)
            case Offload(function):
                return self.offload(function)
            case Cancel():
                return self.cancel()
            case Await():
                raise TypeError(
                    "an `async def` view needs a task; threads and greenlets run `def` views and scripts"
                )
            case _:
                raise TypeError(
                    f"{step!r} is no step that a unit performs; a streamed Chunk belongs in a body script"
                )

    @abstractmethod
    def tick(self) -> None:
        """Give way once."""

    @abstractmethod
    def spawn(self, run: Callable[[], Any]) -> Any:
        """Start a unit of the same kind and return a handle."""

    @abstractmethod
    def join(self, handle: Any) -> Any:
        """Wait for a unit; return its result or raise its exception."""

    @abstractmethod
    def offload(self, function: Callable[[], Any]) -> Any:
        """Run a function on a pooled worker thread and wait for its result."""

    def cancel(self) -> None:
        """Raise in this unit what cuts it short; TypeError where that does not exist."""
        raise TypeError("a thread cannot be cancelled from outside; run this scenario on greenlets or tasks")
