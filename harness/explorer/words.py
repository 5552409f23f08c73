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
    if sampled:
        run = counted(sum(phase.schedules for phase in phases), "schedule")
        return f"No mix-up in {run} picked by {sampled} {at}: a sample, not all of them."
    in_turns = any(phase.feasibility is Feasibility.FIFO for phase in phases)
    searched = [phase for phase in phases if phase.feasibility is not Feasibility.FIFO]
    done = [phase for phase in searched if phase.exhausted]
    rest = [phase for phase in searched if not phase.exhausted]
    tail = _where(searched)
    tail += ", equivalent ones left out" if reduced else ""
    tail += ", nor where the units take turns" if in_turns else ""
    if not done:
        run = counted(sum(phase.schedules for phase in rest), "schedule")
        return f"No mix-up in {run} {at}{tail}: not all of them."
    exhausted = counted(sum(phase.schedules for phase in done), "schedule")
    silent = f"No mix-up in all {exhausted}{at_most(done[-1].bound)} {at}{tail}"
    if not rest:
        return f"{silent}."
    return f"{silent}; nor in {sum(phase.schedules for phase in rest):,} of those with more."


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
