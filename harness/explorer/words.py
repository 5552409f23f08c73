"""Says what a search came to, with its bound: never more than was tried."""

from collections.abc import Sequence

from harness.core.execution import Fate
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


def silent_words(phases: Sequence[Phase], *, sampled: str, reduced: bool) -> str:
    """Say how far a search without a finding went; ``sampled`` names the strategy that only samples, if one did."""
    if not phases:
        return "No schedule was searched."
    if sampled:
        run = counted(sum(phase.schedules for phase in phases), "schedule")
        return f"No mix-up in {run} picked by {sampled} {_at(phases)}: a sample, not all of them."
    at_once = [phase for phase in phases if phase.feasibility is Feasibility.FREE_THREADED]
    in_turns = [phase for phase in phases if phase.feasibility is Feasibility.FIFO]
    usual = [phase for phase in phases if phase not in at_once and phase not in in_turns]
    told = f"No mix-up in {_searched(usual, '')}"
    told += ", GIL switches among them" if usual and usual[0].feasibility is Feasibility.GIL_SWITCH else ""
    told += ", equivalent ones left out" if reduced else ""
    told += ", nor where the units take turns" if in_turns else ""
    if at_once:
        told += f"; nor, with threads that run at once, in {_searched(at_once, ' more')}"
    return f"{told}."


def _searched(phases: Sequence[Phase], more: str) -> str:
    """Say how many schedules of one strength were run, and whether these are all there are within a bound."""
    done = [phase for phase in phases if phase.exhausted]
    rest = sum(phase.schedules for phase in phases if not phase.exhausted)
    if not done:
        return f"{counted(rest, 'schedule')}{more} {_at(phases)} (not all of them)"
    exhausted = counted(sum(phase.schedules for phase in done), "schedule")
    told = f"all {exhausted}{more}{at_most(done[-1].bound)} {_at(phases)}"
    return f"{told} (and in {rest:,} of those with more)" if rest else told


def _at(phases: Sequence[Phase]) -> str:
    return f"at {counted(max(phase.switch_points for phase in phases), 'switch point')}"


def found_words(kind: str, number: int, preemptions: int, feasibility: Feasibility) -> str:
    """Say where a mix-up of a kind was found and what it takes; in a deadlock units overlap by waiting."""
    if kind == Fate.DEADLOCK:
        found, in_turn = "Deadlock", "each unit goes on for as long as it can"
    else:
        found, in_turn = "Mixed up", "it takes no overlap at all"
    takes = {
        Feasibility.SEQUENTIAL: in_turn,
        Feasibility.FIFO: "an idle loop's own order makes it",
        Feasibility.JITTER: "I/O or timers of another length make it",
        Feasibility.GIL_SWITCH: "a switch of threads by the GIL makes it",
        Feasibility.FREE_THREADED: "only threads that run at once, without a GIL, make it",
    }[feasibility]
    return f"{found} in schedule {number:,}, with {counted(preemptions, 'preemption')}: {takes}."
