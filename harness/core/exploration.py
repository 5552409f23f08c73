"""What is stored of an exploration: how far it went, what it found, and the interleaving that proves it."""

from dataclasses import dataclass, field

from harness.core.execution import Fate
from harness.core.feasibility import Feasibility
from harness.core.verdict import Outcome
from localimpl import Unit


@dataclass(frozen=True, slots=True)
class Switch:
    """One deviation of a schedule from the default, which lets the running unit go on."""

    unit: str
    """Who is left; empty for the choice of who begins."""
    role: str
    file: str
    line: int
    occurrence: int
    to: str
    """Who goes on instead."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened in the explained schedule, in order."""

    unit: str
    file: str
    line: int
    code: str
    """The source line, stripped; empty where there is no source."""
    kind: str
    """``begin``, ``end``, ``wrote``, ``read``, ``switch`` or another kind of event."""
    name: str = ""
    value: str = ""
    mark: str = ""
    """``write`` and ``read`` for the two events that prove the mix-up, ``switch`` where the victim was overtaken."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The interleaving that proves a mix-up, with the fewest units and preemptions that were found."""

    sentence: str
    """What happened, in one sentence."""
    kind: str
    """The anomaly, or ``wrong result``, ``error``, ``deadlock``."""
    feasibility: Feasibility
    preemptions: int
    units: tuple[str, ...]
    """The columns: the units involved, in the order in which they begin."""
    schedule: tuple[Switch, ...]
    lines: tuple[Line, ...]
    token: str
    """Replays it: ``ctxstress replay TOKEN``."""

    @property
    def stuck(self) -> bool:
        """Whether it is a deadlock, in which nobody need see what is another's."""
        return self.kind == Fate.DEADLOCK


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of the search: all schedules of one strength with so many preemptions."""

    feasibility: Feasibility
    bound: int | None
    """The most preemptions, or None where they are not bounded."""
    schedules: int
    exhausted: bool
    """Whether these were all; False where time or number ran out, or the strategy samples."""
    switch_points: int = 0
    """The most that a schedule of this strength had."""
    around: bool = False
    """Whether the code around what is explored was looked into as well."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """One search and all that is known of it."""

    program: str
    host: str
    unit: Unit
    strategy: str
    outcome: Outcome
    sentence: str
    """The verdict in words, with its bound."""
    schedules: int
    """Schedules that were run until the search ended."""
    found_at: int
    """The number of the first schedule with a mix-up, 0 for none."""
    switch_points: int
    """The most switch points that a schedule had."""
    contested: int
    """Of all schedules, the switch points at which a unit under way could go on and another could too."""
    reduced: bool
    """Whether equivalent schedules were left out."""
    watch: tuple[str, ...] = ()
    """Source files that were looked into for switch points."""
    around: tuple[str, ...] = ()
    """Further ones, which only the phases looked into that say so: the framework's."""
    phases: tuple[Phase, ...] = ()
    reason: str = ""
    """Why it is inconclusive, and what to do."""
    explanation: Explanation | None = None
    interesting: bool = False
    """The witness needs free threading, which this build of Python does not have."""
    states: tuple[tuple[str, int], ...] = field(default=())
    """What schedules came to, with how many did."""
    interrupted: bool = False
    seconds: float = 0.0
    repeat: str = ""
    """The command that repeats the search."""
