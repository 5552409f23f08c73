"""Tells which steps of a schedule disturb each other, and which of these could have come in the other order.

A step happens before another if it is earlier and by the same unit, touches an object in common that one of them
writes, makes its unit ready, or happens before one that does. A step *races* with an earlier one if they disturb each
other and nothing that its own unit did or waited for keeps them in order.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from harness.core.points import WORLD, Touch

(EVERYTHING,) = WORLD


class Race(NamedTuple):
    """Two steps by number, and what happens before what."""

    earlier: int
    later: int
    direct: bool
    """Whether no step in between keeps them in order either."""
    past: Sequence[int]
    """For each step up to the later one, those that happen before it, as bits."""


def disturb(one: Collection[Touch], other: Collection[Touch]) -> bool:
    """Tell whether two steps touch an object in common that one of them writes."""
    if EVERYTHING in one or EVERYTHING in other:
        return True
    return any(
        name == name_too and (writes or writes_too) for name, writes in one for name_too, writes_too in other
    )


def races(
    ran: Sequence[int], touches: Sequence[Collection[Touch]], options: Sequence[Collection[int]], first: int
) -> Iterator[Race]:
    """Yield each race whose later step is ``first`` or after it, of one later step the latest first."""
    past: list[int] = []
    last: dict[int, int] = {}
    made_ready: dict[int, int] = {}
    used: dict[str, int] = {}
    written: dict[str, int] = {}
    world = 0
    for step, unit in enumerate(ran):
        here = 1 << step
        if step:
            for other in options[step]:
                if other not in options[step - 1]:
                    made_ready[other] = step - 1
        before = 0
        for each in (last, made_ready):
            if unit in each:
                before |= past[each[unit]] | 1 << each[unit]
        disturbed = world
        for name, writes in touches[step]:
            if writes:
                disturbed |= used.get(name, 0)
                written[name] = written.get(name, 0) | here
            else:
                disturbed |= written.get(name, 0)
            used[name] = used.get(name, 0) | here
        if EVERYTHING in touches[step]:
            world |= here
            disturbed = here - 1
        disturbed &= ~(before | here)
        racing = []
        while disturbed:
            earlier = disturbed.bit_length() - 1
            if step >= first:
                racing.append(Race(earlier, step, not before >> earlier & 1, past))
            before |= past[earlier] | 1 << earlier
            disturbed ^= 1 << earlier
        past.append(before)
        last[unit] = step
        yield from racing


def initials(race: Race, ran: Sequence[int]) -> list[int]:
    """Return who could go in place of the earlier step, to come nearer to the race the other way round.

    They are the units that could go first in what need not happen after that step, with the later step at its end
    (Abdulla, Aronis, Jonsson and Sagonas: Optimal DPOR, POPL 2014); in front the later step's, if it is one.
    """
    past = race.past
    kept = 0
    gone: set[int] = set()
    found: list[int] = []
    left = (step for step in range(race.earlier + 1, race.later) if not past[step] >> race.earlier & 1)
    for step in (*left, race.later):
        if ran[step] not in gone and not past[step] & kept:
            found.append(ran[step])
        gone.add(ran[step])
        kept |= 1 << step
    return sorted(found, key=lambda unit: unit != ran[race.later])
