"""Follows the path of a schedule that was run before, as far as the program lets it."""

from collections.abc import Sequence

from harness.core.execution import NOBODY, Execution, Fate


def follow(execution: Execution, unit: int) -> int:
    """Return the unit that ran this step before; if it cannot now, end the schedule and say so."""
    if unit in execution.ready:
        return unit
    _stray(execution, len(execution.ran), unit)
    return execution.default()


def followed(execution: Execution, path: Sequence[int]) -> bool:
    """Tell whether a schedule began with a path; one that did not has lost control."""
    if execution.fate is Fate.UNCONTROLLED:
        return False
    if execution.ran[: len(path)] == list(path):
        return True
    ran = [*execution.ran, NOBODY]
    step = next(step for step, unit in enumerate(path) if ran[step] != unit)
    _stray(execution, step, path[step])
    return False


def _stray(execution: Execution, step: int, unit: int) -> None:
    name = execution.names[unit] if unit < len(execution.names) else f"unit {unit}"
    execution.lose_control(
        f"it is not deterministic under control: {name} ran step {step + 1} of a schedule, and could not when the same "
        "schedule was run again; take out what changes from one schedule to the next (caches, clocks, random numbers)"
    )
