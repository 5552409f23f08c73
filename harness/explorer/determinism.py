"""Runs schedules twice: what differs is not under control, and nothing may be concluded from it."""

from harness.core.control import Control, Program
from harness.core.execution import Execution
from harness.core.points import Anchor
from harness.explorer.schedule import Following, Ran, run_schedule

MOST_TRIES = 12
"""The most runs of a schedule until a mix-up shows again: some hang on an address that comes again, not in each run."""


def run_again(program: Program, control: Control, first: Ran) -> Ran:
    """Run a schedule once more."""
    return run_schedule(program, control, Following(first.execution.ran))


def difference(program: Program, control: Control, first: Ran, again: Ran) -> str:
    """Tell the first step at which two runs of one schedule differ, or that they came to different things."""
    one, two = (
        run_schedule(program, control, Following(first.execution.ran), located=True) for _ in range(2)
    )
    told = _first_step(one.execution, two.execution) or _first_step(first.execution, again.execution)
    return told or f"the same schedule came once to {_result(first)} and once to {_result(again)}"


def same(one: Ran, two: Ran) -> bool:
    """Tell whether two runs went through the same steps and came to the same."""
    return (
        one.execution.ran == two.execution.ran
        and one.execution.options == two.execution.options
        and one.execution.fate is two.execution.fate
        and one.state == two.state
        and (one.mixup is None) == (two.mixup is None)
    )


def _first_step(one: Execution, two: Execution) -> str:
    """Tell the first step at which two runs of one schedule differ."""
    for step in range(min(len(one.ran), len(two.ran))):
        ready = [sorted(each.options[step]) for each in (one, two)]
        if ready[0] != ready[1]:
            could = [
                ", ".join(each.names[unit] for unit in units)
                for each, units in zip((one, two), ready, strict=True)
            ]
            return f"step {step + 1}: {could[0]} could go on the first time, {could[1]} the second"
        if one.anchors and two.anchors and one.anchors[step] != two.anchors[step]:
            names = [_stood(each, step) for each in (one, two)]
            return f"step {step + 1}: {names[0]} the first time, {names[1]} the second"
    if len(one.ran) != len(two.ran):
        step = min(len(one.ran), len(two.ran))
        when = ["over", "over"]
        longer = int(len(two.ran) > len(one.ran))
        when[longer] = f"{(one, two)[longer].names[(one, two)[longer].ran[step]]}'s"
        return f"step {step + 1}: it was {when[0]} the first time, {when[1]} the second"
    return ""


def _stood(execution: Execution, step: int) -> str:
    anchor: Anchor | None = execution.anchors[step]
    if anchor is None or step == 0:
        return "nobody had begun"
    name = execution.names[execution.ran[step - 1]]
    return f"{name} stood at {anchor.file}:{anchor.line} ({anchor.role})"


def _result(ran: Ran) -> str:
    return repr(ran.mixup.sentence) if ran.mixup else (ran.state or "no mix-up")
