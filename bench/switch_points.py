"""What a switch point costs, and what code costs that is watched and has none: ``python bench/switch_points.py``.

Prints the nanoseconds that watching adds, for each switch point that is reached and for each instruction.
"""

import dis
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.controlled._points.watcher import make_watcher
from harness.core.control import Watch
from harness.core.feasibility import Feasibility

ROUNDS = 2_000
TIMES = 9
LINES = 40


class Box:
    """Something to share."""

    n = 0


def program(line: str) -> Callable[[Box], None]:
    """Return a function of many such lines."""
    source = "def work(box):\n" + f"    {line}\n" * LINES
    namespace: dict[str, Callable[[Box], None]] = {}
    exec(compile(source, "watched.py", "exec"), namespace)
    return namespace["work"]


def cost(work: Callable[[Box], None], level: Feasibility) -> tuple[float, int]:
    """Return (nanoseconds, points reached) of one run."""
    reached = 0

    def reach(point: object) -> None:
        nonlocal reached
        reached += 1

    watcher = make_watcher(reach)
    watcher.watch(Watch(("watched.py",), level))
    times = []
    box = Box()
    for _ in range(TIMES):
        watcher.enter()
        start = perf_counter_ns()
        for _ in range(ROUNDS // LINES):
            work(box)
        times.append((perf_counter_ns() - start) / (ROUNDS // LINES))
        watcher.leave()
    watcher.close()
    return min(times), reached // TIMES // (ROUNDS // LINES)


def main() -> None:
    """Measure and print."""
    print(f"Python {sys.version.split()[0]}")
    plain, stored = program("x = 1 + len('a')"), program("box.n = 1")
    for name, work, level in (
        ("nothing watched", stored, Feasibility.JITTER),
        ("instructions that are no points", plain, Feasibility.FREE_THREADED),
        ("a point at each store", stored, Feasibility.FREE_THREADED),
        ("a point at each return of a call", program("repr(1)"), Feasibility.GIL_SWITCH),
    ):
        base, _ = cost(work, Feasibility.JITTER)
        time, reached = cost(work, level)
        instructions = sum(
            each.opname not in {"EXTENDED_ARG", "PRECALL"} for each in dis.get_instructions(work)
        )
        per_point = f"{(time - base) / reached:7,.0f} ns a point" if reached > 1 else ""
        print(f"{name:34} {(time - base) / instructions:7,.0f} ns an instruction {per_point}")


if __name__ == "__main__":
    main()
