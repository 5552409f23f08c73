"""Measures one tool on one case, in the process that it is started in, and prints a line of JSON for each search."""

import gc
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import count

from bench.explore.corpus import case
from bench.explore.search import Effort, Form, Search, Tool
from bench.explore.tools import tools

FIND, SPEED = "find", "speed"
"""What a process is started for: to search the forms once, or to be timed in slices, whenever it is told."""
FAULTY, FIXED = "faulty", "fixed"
SLICE = 0.2
"""Seconds of a slice, at least."""


def searches(tool: Tool, name: str, seeds: int, schedules: int) -> Iterator[tuple[str, Search]]:
    """Yield (which form, search): the faulty form for each seed, then the fixed one.

    A tool for which seeds make no difference gets the schedules of all seeds in one search.
    """
    faulty, fixed = _forms(name)
    _settle(tool, faulty, schedules=1)
    each = schedules if tool.seeded else schedules * seeds
    for seed in range(1, seeds + 1) if tool.seeded else (1,):
        yield FAULTY, tool.search(faulty, Effort(seed, each))
    yield FIXED, tool.search(fixed, Effort(1, each))


def slices(tool: Tool, name: str, schedules: int, asked: Iterable[object]) -> Iterator[Search]:
    """Yield a first search of few schedules, and then for each that is asked what whole searches came to in a slice.

    A search that would take longer than a slice gets fewer schedules.
    """
    _, fixed = _forms(name)
    few = max(schedules // 10, 1)
    first = _settle(tool, fixed, few)
    yield first
    each = max(few, min(schedules, int(first.begun / first.seconds * SLICE)))
    seeds = count(1)
    for _ in asked:
        ran = Search(0, 0.0, 0.0, found=False)
        while ran.seconds < SLICE:
            more = tool.search(fixed, Effort(next(seeds), each))
            ran = Search(
                ran.schedules + more.schedules,
                ran.seconds + more.seconds,
                ran.processor + more.processor,
                found=False,
                begun=ran.begun + more.begun,
            )
        yield ran


def _forms(name: str) -> tuple[Form, Form]:
    subject = case(name)
    return Form(name, subject, subject.faulty), Form(name, subject, subject.fixed)


def _settle(tool: Tool, form: Form, schedules: int) -> Search:
    """Search once so that imports and caches are paid for, and take all that there is then out of garbage collections.

    Some tools collect after each schedule, which takes as long as there are objects: those of the other tools, of
    gevent and of the benchmark made two of them 40 to 80 times slower than they are with their own alone.
    """
    gone = tool.search(form, Effort(1, schedules))
    gc.collect()
    gc.freeze()
    return gone


def main(what: str, name: str, tool: str, seeds: str, schedules: str) -> None:
    """Print what each search came to, as soon as it is known; timed, a slice for each line of the standard input."""
    lines = sys.stdout
    # What the code under test or the tool prints must not be taken for a result.
    sys.stdout = sys.stderr
    chosen = tools()[tool]
    if what == FIND:
        for form, search in searches(chosen, name, int(seeds), int(schedules)):
            print(json.dumps({"form": form, **asdict(search)}), file=lines, flush=True)
    else:
        for ran in slices(chosen, name, int(schedules), sys.stdin):
            print(json.dumps(asdict(ran)), file=lines, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
