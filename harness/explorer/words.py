"""Says what a search came to, with its bound: never more than was tried."""

from collections.abc import Sequence

from harness.core.exploration import Phase
from harness.core.feasibility import Feasibility


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 schedule``, ``1,026 schedules``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def at_most(bound: int | None) -> str:
    """Return a bound in words: ``with at most 2 preemptions``; nothing when there was none."""
    if bound is None:
        return ""
    return " without a preemption" if bound == 0 else f" with at most {counted(bound, 'preemption')}"


def silent_words(phases: Sequence[Phase], switch_points: int, *, sampled: str, reduced: bool) -> str:
    """Say how far a search without a finding went; ``sampled`` names the strategy that only samples, if one did."""
    at = f"at {counted(switch_points, 'switch point')}"
    run = sum(phase.schedules for phase in phases)
    if sampled:
        return f"No mix-up in {counted(run, 'schedule')} picked by {sampled} {at}: a sample, not all of them."
    done = [phase for phase in phases if phase.exhausted]
    rest = [phase for phase in phases if not phase.exhausted]
    equivalent = ", but for those equivalent to one of them" if reduced else ""
    where = _where(phases)
    if not rest:
        bound = done[-1].bound if done else None
        return f"No mix-up in all {counted(run, 'schedule')}{at_most(bound)} {at}{where}{equivalent}."
    if not done:
        return f"No mix-up in {counted(run, 'schedule')} {at}{where}: not all of them."
    exhausted = sum(phase.schedules for phase in done)
    more = rest[0].schedules
    return (
        f"No mix-up in all {counted(exhausted, 'schedule')}{at_most(done[-1].bound)} {at}{where}{equivalent}, "
        f"nor in {more:,} of those with more."
    )


def _where(phases: Sequence[Phase]) -> str:
    strongest = max(
        (phase.feasibility for phase in phases), key=lambda each: each.rank, default=Feasibility.JITTER
    )
    match strongest:
        case Feasibility.GIL_SWITCH:
            return ", GIL switches among them"
        case Feasibility.FREE_THREADED:
            return ", those of free threading among them"
        case _:
            return ""


def found_words(number: int, preemptions: int, feasibility: Feasibility) -> str:
    """Say where a mix-up was found and what it takes."""
    takes = {
        Feasibility.SEQUENTIAL: "it takes no overlap at all",
        Feasibility.FIFO: "an idle loop's own order makes it",
        Feasibility.JITTER: "I/O or timers of another length make it",
        Feasibility.GIL_SWITCH: "a switch of threads by the GIL makes it",
        Feasibility.FREE_THREADED: "only threads that run at once, without a GIL, make it",
    }[feasibility]
    return f"Mixed up in schedule {number:,}, with {counted(preemptions, 'preemption')}: {takes}."
