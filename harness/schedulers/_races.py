"""Tells which steps of a schedule disturb each other, and which of these could have come in the other order.

A step happens before another if it is earlier and by the same unit, touches an object in common that one of them
writes, makes its unit ready, or happens before one that does. Two steps of different units *race* if they disturb each
other and nothing else keeps them in order.
"""

from collections.abc import Collection, Iterator, Sequence

from harness.core.execution import WORLD, Touch

EVERYTHING = WORLD[0][0]


def disturb(one: Collection[Touch], other: Collection[Touch]) -> bool:
    """Tell whether two steps touch an object in common that one of them writes."""
    if (EVERYTHING, True) in one or (EVERYTHING, True) in other:
        return True
    return any(
        name == name_too and (writes or writes_too) for name, writes in one for name_too, writes_too in other
    )


def races(
    ran: Sequence[int], touches: Sequence[Collection[Touch]], options: Sequence[Collection[int]], first: int
) -> Iterator[tuple[int, list[int]]]:
    """Yield (step, units) for each race whose later step is ``first`` or after it.

    Each of the units would come nearer to the race the other way round if it went in place of that step: the initials
    of what need not happen after it (Abdulla, Aronis, Jonsson and Sagonas: Optimal DPOR, POPL 2014).
    """
    past: list[int] = []
    """For each step, those that happen before it, as bits."""
    last: dict[int, int] = {}
    made_ready: dict[int, int] = {}
    wrote: dict[str, int] = {}
    read: dict[str, list[int]] = {}
    for step, unit in enumerate(ran):
        if step:
            for other in options[step]:
                if other not in options[step - 1]:
                    made_ready[other] = step - 1
        uses = {EVERYTHING: False}
        for name, writes in touches[step]:
            uses[name] = uses.get(name, False) or writes
        ordered = [each[unit] for each in (last, made_ready) if unit in each]
        disturbed: set[int] = set()
        for name, writes in uses.items():
            if name in wrote:
                disturbed.add(wrote[name])
            if writes:
                disturbed.update(read.get(name, ()))
                wrote[name], read[name] = step, []
            else:
                read.setdefault(name, []).append(step)
        before = 0
        for earlier in ordered:
            before |= past[earlier] | 1 << earlier
        racing = []
        for earlier in sorted(disturbed, reverse=True):
            if not before >> earlier & 1:
                racing.append(earlier)
                before |= past[earlier] | 1 << earlier
        past.append(before)
        last[unit] = step
        if step >= first:
            for earlier in racing:
                yield earlier, _initials(earlier, step, ran, past)


def _initials(step: int, later: int, ran: Sequence[int], past: Sequence[int]) -> list[int]:
    """Return who could go first among what need not happen after a step, the later step's unit in front."""
    kept = 0
    gone: set[int] = set()
    found: list[int] = []
    for between in (*(each for each in range(step + 1, later) if not past[each] >> step & 1), later):
        unit = ran[between]
        if unit not in gone and not past[between] & kept:
            found.append(unit)
        gone.add(unit)
        kept |= 1 << between
    return sorted(found, key=lambda unit: unit != ran[later])
