"""What a subject says about itself: which kinds of unit it keeps apart, and where it must be caught."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    exempt: Mapping[tuple[Unit, str], str] = field(default_factory=dict)
    """(unit, scenario name) pairs which the library is known not to serve, with the reason: there it promises nothing,
    and a cell is run only when asked for by name."""
    keeps_updates: bool = False
    """Whether two read-modify-writes of one session at once are promised to both count; no Local can, a store may."""

    def covers(self, unit: Unit) -> bool:
        """Whether values of two units of this kind are promised to stay apart."""
        return unit in self.isolates
