"""Follows the path of a schedule that was run before."""

from harness.core.execution import Execution


def follow(execution: Execution, unit: int) -> int:
    """Return the unit that ran this step before; if it cannot now, end the schedule and say so."""
    if unit in execution.ready:
        return unit
    name = execution.names[unit] if unit < len(execution.names) else f"unit {unit}"
    execution.lose_control(
        f"it is not deterministic under control: {name} ran step {len(execution.ran)} of a schedule, and could not "
        "when the same schedule was run again; take out what changes from one schedule to the next (caches, clocks, "
        "random numbers)"
    )
    return execution.default()
