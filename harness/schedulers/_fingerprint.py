"""Gives equivalent beginnings of schedules the same number: that of who did what, in what order where order matters.

Two steps of different units commute unless they touch an object in common that one of them writes. Beginnings that
differ in the order of commuting steps alone lead to the same state (Mazurkiewicz), and have the same fingerprint: the
sum of numbers of their steps, in which each step's stands for its unit, for what that unit did before, and for the
last writes, and the reads since, of all that it touches. So it stands for everything that must have happened before,
and for nothing else (happens-before caching: Musuvathi and Qadeer, MSR-TR-2007-12). Any two that should differ are
taken for the same with a chance of about 1 in 10**18.
"""

from collections.abc import Iterable, Sequence

from harness.core.execution import WORLD, Touch

MASK = (1 << 62) - 1
EVERYTHING = WORLD[0][0]


def fingerprints(path: Sequence[int], touches: Sequence[Iterable[Touch]]) -> list[int]:
    """Return a number for the beginning before each step, and for the whole: one more than there are steps."""
    last: dict[int, int] = {}
    wrote: dict[str, int] = {}
    read: dict[str, int] = {}
    state = 0
    states = [state]
    for unit, touched in zip(path, touches, strict=False):
        objects: dict[str, bool] = {EVERYTHING: False}
        for name, writes in touched:
            objects[name] = objects.get(name, False) or writes
        step = hash(
            (
                unit,
                last.get(unit, 0),
                *(
                    (name, writes, wrote.get(name, 0), read.get(name, 0) if writes else 0)
                    for name, writes in objects.items()
                ),
            )
        )
        for name, writes in objects.items():
            if writes:
                wrote[name], read[name] = step, 0
            else:
                read[name] = (read.get(name, 0) + step) & MASK
        last[unit] = step
        state = (state + step) & MASK
        states.append(state)
    return states
