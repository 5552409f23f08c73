"""How far a search goes, and what it may take."""

from dataclasses import dataclass

from harness.core.control import Strategy
from harness.core.errors import UserError
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
    """The most time, in seconds; the schedule that runs then is run to its end."""
    strategy: Strategy = PREEMPTION_BOUNDED
    seed: int = 1
    files: tuple[str, ...] = ()
    """Source files whose instructions are switch points, on hosts that can look into them."""
    level: Feasibility = Feasibility.FREE_THREADED
    """The strongest scheduler that is tried."""
    reduce: bool = True
    """Whether equivalent schedules may be left out, where the program is tracked."""

    def __post_init__(self) -> None:
        if self.bound is not None and self.bound < 0:
            raise UserError(f"a bound of {self.bound} preemptions: it takes 0 or more, or None for no bound")
        if self.schedules < 1:
            raise UserError(f"{self.schedules} schedules to be tried: it takes 1 or more")
        if self.seconds <= 0:
            raise UserError(f"{self.seconds:g} seconds to search: it takes more than 0")
