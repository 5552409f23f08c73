"""interleave-test: threads, switched between any two instructions by sys.monitoring (Python 3.12 and newer)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.explore.case import Case
from bench.explore.peers._models import on_greenlets
from bench.explore.search import REPLAYS, Counted, Effort, Form, Search, Tool
from localimpl import Unit

OURS = [
    str(Path(__file__).parent),
    *(str(Path(__file__).parents[1] / name) for name in ("case.py", "search.py")),
]
"""Not looked into, so that the tool spends nothing on what the benchmark adds."""


def _model(case: Case, counted: Counted) -> Callable[[], None]:
    import interleave_test as it

    def threads() -> None:
        with it.no_interleave():
            trial = counted.begin()
        tasks = {name: it.spawn(call, name=name) for name, call in trial.calls.items()}
        for task in tasks.values():
            task.join()
        counted.check(trial, {name: task.result() for name, task in tasks.items()})

    def greenlets() -> None:
        trial = counted.begin()
        counted.check(trial, on_greenlets(trial))

    return threads if case.unit is Unit.THREAD else greenlets


def _search(strategy: str, granularity: str = "opcode") -> Callable[[Form, Effort], Search]:
    def search(form: Form, effort: Effort) -> Search:
        import interleave_test as it

        counted = Counted(form.begin)
        model = _model(form.case, counted)
        options: dict[str, Any] = {"exclude": OURS, "raise_on_failure": False}
        result = it.explore(
            model,
            iterations=effort.schedules,
            seed=effort.seed,
            strategy=strategy,
            granularity=granularity,
            **options,
        )
        if result.ok:
            return counted.search(exhausted=bool(result.exhausted))
        counted.failed(f"{result.failure.kind}: {result.failure.exception!r}")
        replayed = sum(not it.replay(model, result.failure.schedule, **options).ok for _ in range(REPLAYS))
        return counted.search(replayed=replayed)

    return search


UNITS = frozenset({Unit.THREAD, Unit.GREENLET})
TOOLS = (
    Tool(
        "interleave-test random",
        "interleave-test",
        "uniform choice at each instruction",
        seeded=True,
        units=UNITS,
        search=_search("random"),
        default=True,
    ),
    Tool(
        "interleave-test PCT",
        "interleave-test",
        "random priorities with demotion points",
        seeded=True,
        units=UNITS,
        search=_search("pct"),
    ),
    Tool(
        "interleave-test PCT lines",
        "interleave-test",
        "the same, switching between lines alone, which is faster",
        seeded=True,
        units=UNITS,
        search=_search("pct", "line"),
        coarse=True,
    ),
    Tool(
        "interleave-test DFS",
        "interleave-test",
        "all schedules with at most 2 preemptions",
        seeded=False,
        units=UNITS,
        search=_search("dfs"),
    ),
)
