"""Repeats a schedule from its switches: the default everywhere but at the places that they name.

A place is told by unit, role, line, file and occurrence and never by a step, so that it is found again under another
version of Python, which makes other steps of the same code.
"""

from collections.abc import Sequence

from harness.core.control import Strategy, StrategyOptions
from harness.core.execution import NOBODY, Execution
from harness.core.exploration import Switch
from harness.core.points import Role

SHARED_PARTS = 2
"""Last parts of two paths that must be the same: the same project lies in another folder elsewhere."""

Place = tuple[str, str, int, int]
"""The unit that stands there, the role, the line, the occurrence."""


class Replay:
    """Follows switches in one schedule; ``missed`` tells afterwards which of them it never came to.

    The execution must note anchors, that is, have ``locate``.
    """

    def __init__(self, switches: Sequence[Switch]) -> None:
        self._switches: dict[Place, list[Switch]] = {}
        for switch in switches:
            place = (switch.unit, switch.role, switch.line, switch.occurrence)
            self._switches.setdefault(place, []).append(switch)
        self._fresh = True
        self.missed: list[Switch] = list(switches)
        """The switches that have not been made: nobody came by, or the one who was to go on could not."""

    def begin(self) -> bool:
        """Begin the one schedule."""
        fresh, self._fresh = self._fresh, False
        return fresh

    def pick(self, execution: Execution) -> int:
        """Return who goes on by the switch of this place, or by default."""
        for switch in self._here(execution):
            for unit in execution.ready:
                if execution.names[unit] == switch.to:
                    self.missed.remove(switch)
                    return unit
        return execution.default()

    def done(self, execution: Execution) -> None:
        """There is nothing to be learnt."""

    def _here(self, execution: Execution) -> list[Switch]:
        if not self.missed:
            return []
        place, file = standing(execution)
        return [
            switch
            for switch in self._switches.get(place, ())
            if switch in self.missed and same_file(switch.file, file)
        ]


def standing(execution: Execution) -> tuple[Place, str]:
    """Return where the unit that ran last stands, and in which file; the same for all that begin or have ended."""
    anchor = execution.anchors[-1]
    if execution.current == NOBODY or anchor is None:
        return ("", str(Role.BEGIN), 0, 0), ""
    name = execution.names[execution.current]
    if anchor.role == Role.END:
        return (name, str(Role.END), 0, 0), ""
    return (name, anchor.role, anchor.line, anchor.occurrence), anchor.file


def deviation(execution: Execution, to: int) -> Switch:
    """Return the switch that lets another go on than the default at this pick."""
    (unit, role, line, occurrence), file = standing(execution)
    return Switch(unit, role, file, line, occurrence, execution.names[to])


def same_file(one: str, other: str) -> bool:
    """Tell whether two paths end alike: in their last two parts, or in all that the shorter one has."""
    if one == other:
        return True
    parts = [path.replace("\\", "/").strip("/").split("/")[-SHARED_PARTS:] for path in (one, other)]
    shared = min(map(len, parts))
    return parts[0][-shared:] == parts[1][-shared:]


def _make(options: StrategyOptions) -> Replay:
    return Replay(options.switches)


STRATEGY = Strategy(
    name="replay",
    summary="one schedule again, from the switches of its token",
    make=_make,
    exhausts=False,
)
