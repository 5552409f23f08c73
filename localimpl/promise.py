"""What a subject says about itself: which kinds of unit it keeps apart, and where it must be caught."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What one request runs on."""

    THREAD = "thread"
    GREENLET = "greenlet"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Promise:
    """The kinds of unit kept apart, and the (unit, scenario name) pairs where a mix-up must be seen."""

    isolates: frozenset[Unit]
    refuted_on: frozenset[tuple[Unit, str]] = frozenset()

    def covers(self, unit: Unit) -> bool:
        """Whether values of two units of this kind are promised to stay apart."""
        return unit in self.isolates
