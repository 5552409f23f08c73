"""What is explored and what explores it: programs of a few units, and hosts that run them one schedule at a time."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from harness.core.execution import Execution, Scheduler
from harness.core.exploration import Switch
from harness.core.feasibility import Feasibility
from harness.core.history import History
from harness.core.ports import Visit
from harness.core.verdict import Witness
from localimpl import Unit


@dataclass(slots=True)  # made for each schedule, and a frozen one takes four times as long to make
class Work:
    """What one unit does: calls a function (a coroutine function on tasks), or runs requests one after the other."""

    name: str
    call: Callable[[], Any] | None = None
    visits: Sequence[tuple[int, Visit]] = ()
    """(seed, visit) of each request; on tasks each has a task of its own, as under an ASGI server."""


@dataclass(frozen=True, slots=True)
class Mixup:
    """What went wrong in one schedule, in the program's own words."""

    sentence: str
    """What was seen and what should have been, without its subject's schedule: ``r1 returned 'bob', not 'alice'``."""
    unit: str
    """The victim's unit, by its name."""
    kind: str
    """The anomaly, or ``wrong result``, ``error``, ``deadlock``."""
    witness: Witness | None = None
    """The events of the history that prove it, where the program records one."""
    plain: bool = False
    """Whether it shows a fault without showing what comes of it, so that another schedule may tell more."""


@dataclass(slots=True)  # made for each schedule, and a frozen one takes four times as long to make
class Round:
    """One fresh instance of a program, for one schedule."""

    works: Sequence[Work]
    judge: Callable[[Execution], Mixup | None]
    """Asked when all units have ended; pure, and quick."""
    announce: Callable[[Execution], None] | None = None
    """Takes the schedule's execution, for what the units share to announce each operation to it."""
    state: Callable[[Execution], str] | None = None
    """What the schedule came to, as text; schedules that come to the same have the same outcome."""


class Program(Protocol):
    """Something small to be explored, made anew for each schedule."""

    name: str
    unit: Unit
    reference: str
    """Where to find it again: ``cell:…``, ``call:package.module:NAME`` or ``test:path::name``; empty for nowhere."""
    tracked: bool
    """Whether all that its units share is announced by ``touch``; only then equivalent schedules can be left out."""

    learns: bool
    """Whether it is told of schedules in which units ran one after the other, to learn from them what is right."""

    def learn(self, execution: Execution) -> None:
        """Take what one such schedule came to as right."""

    def shortfall(self) -> str:
        """Say, after a search without a finding, which chance to go wrong never came; nothing when all did."""

    def begin(self, history: History) -> Round:
        """Make a fresh instance; probes, if it has any, record to the history."""


@runtime_checkable
class Separable(Protocol):
    """A program that can be made with fewer parts, so that those not involved in a mix-up are left out of it."""

    parts: Sequence[str]
    """The names of what can be left out, in the order in which that is tried: units, or requests that they serve."""

    def without(self, names: Collection[str]) -> Program | None:
        """Return the program without these parts, or None where that makes no sense."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Which code is looked into for switch points, on hosts that can."""

    files: tuple[str, ...] = ()
    """Paths of source files, or ends of such paths: ``shop/views.py``."""
    level: Feasibility = Feasibility.JITTER
    """The strongest scheduler whose switch points are reported."""
    every: bool = False
    """Whether points are reported beside which another one would do: not to search, but to see what a unit does."""


class Control(Protocol):
    """A controlled host that is open: runs one schedule after the other, and keeps its workers in between."""

    def watch(self, watch: Watch) -> None:
        """Report these switch points from the next schedule on."""

    def run(self, works: Sequence[Work], execution: Execution) -> None:
        """Run one schedule to its fate; every unit has ended, or was stopped, when this returns."""

    def locate(self, unit: int) -> tuple[str, int]:
        """Return (file, line) where a unit of the running schedule stands, in the code of the program."""


@dataclass(frozen=True, slots=True)
class ControlledHost:
    """Makes units in this process of which exactly one runs at a time, the one that a scheduler picks."""

    name: str
    summary: str
    unit: Unit
    open: Callable[[], AbstractContextManager[Control]]
    levels: tuple[Feasibility, ...]
    """The schedulers that it can stand for, from the weakest to the strongest."""
    stands_for: tuple[str, ...] = ()
    """The names of the free-running hosts whose cells it explores."""
    patched: bool = False
    """Needs a process in which gevent has patched the standard library."""


class Bounded(Scheduler, Protocol):
    """A scheduler that knows how many preemptions the schedules take that it has not run."""

    def least_left(self) -> int | None:
        """Return the fewest preemptions of the schedules that are left; None when none is."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to search, made anew for each search; a page of ``harness/schedulers``."""

    name: str
    summary: str
    make: "Callable[[StrategyOptions], Scheduler]"
    exhausts: bool
    """Whether it ends by itself, having run every schedule within its bound."""
    bounded: bool = False
    """Whether it goes by the number of preemptions; its schedulers are then ``Bounded``."""


@dataclass(frozen=True, slots=True)
class StrategyOptions:
    """What a strategy may be told."""

    seed: int = 1
    bound: int | None = 2
    """The most preemptions of a schedule; None for no bound."""
    known: Feasibility | None = None
    """Schedules that so weak a scheduler can make are known already, within the bound: such a one is run again only
    where it leads to stronger ones. None when nothing is known."""
    reduce: bool = True
    """Whether equivalent schedules may be left out, where the program is tracked."""
    depth: int = 3
    """For PCT: how many switches the mix-up needs, at most, and one."""
    horizon: int = 0
    """For PCT and URW: steps of a schedule, as measured; 0 when that is not known."""
    lengths: tuple[int, ...] = ()
    """For URW: steps of each unit, as measured."""
    switches: Sequence[Switch] = ()
    """For replay: what to repeat."""
