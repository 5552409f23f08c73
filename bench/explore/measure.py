"""Measures one tool on one case, in the process that it is started in, and prints a line of JSON for each search."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from bench.explore.corpus import case
from bench.explore.search import Effort, Form, Search, Tool
from bench.explore.tools import tools

FAULTY, FIXED, SPEED = "faulty", "fixed", "speed"
TIMED = 1.0
"""Seconds of a processor over which the speed is taken, at least."""
PATIENCE = 20.0
"""Seconds after which it is taken anyway."""


def searches(tool: Tool, name: str, seeds: int, schedules: int) -> Iterator[tuple[str, int, Search]]:
    """Yield (what, seed, search): the faulty form for each seed, the fixed one once, then the fixed one for its speed.

    A tool for which seeds make no difference gets the schedules of all seeds in one search.
    """
    subject = case(name)
    faulty, fixed = Form(name, subject, subject.faulty), Form(name, subject, subject.fixed)
    each = schedules if tool.seeded else schedules * seeds
    for seed in range(1, seeds + 1) if tool.seeded else (1,):
        yield FAULTY, seed, tool.search(faulty, Effort(seed, each))
    clean = tool.search(fixed, Effort(1, each))
    yield FIXED, 1, clean
    if not clean.found:
        yield SPEED, 1, _timed(tool, fixed, schedules)


def _timed(tool: Tool, fixed: Form, schedules: int) -> Search:
    spent = worked = 0.0
    begun, seed = 0, 1
    while worked < TIMED and spent < PATIENCE:
        seed += 1
        ran = tool.search(fixed, Effort(seed, schedules))
        spent += ran.seconds
        worked += ran.processor
        begun += ran.schedules
    return Search(begun, spent, worked, found=False)


def main(name: str, tool: str, seeds: str, schedules: str) -> None:
    """Print what each search came to, as soon as it is known."""
    lines = sys.stdout
    # What the code under test or the tool prints must not be taken for a result.
    sys.stdout = sys.stderr
    for what, seed, search in searches(tools()[tool], name, int(seeds), int(schedules)):
        print(json.dumps({"what": what, "seed": seed, **asdict(search)}), file=lines, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
