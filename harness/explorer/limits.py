"""How far a search goes, and what it may take."""

from dataclasses import dataclass

from harness.core.control import Strategy
from harness.core.feasibility import Feasibility
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a search, and what it looks into."""

    bound: int | None = 2
    """The most preemptions of a schedule; None for no bound."""
    schedules: int = 20_000
    """The most schedules."""
    seconds: float = 30.0
    """The most time, in seconds; the schedule that runs then is ended."""
    strategy: Strategy = PREEMPTION_BOUNDED
    seed: int = 1
    files: tuple[str, ...] = ()
    """Source files whose instructions are switch points, on hosts that can look into them."""
    level: Feasibility = Feasibility.FREE_THREADED
    """The strongest scheduler that is tried."""
    reduce: bool = True
    """Whether equivalent schedules may be left out, where the program is tracked."""
