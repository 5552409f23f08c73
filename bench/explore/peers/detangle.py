"""detangle: tasks, on a loop with virtual time; what it searches are deviations from asyncio's order."""

from collections.abc import Callable
from typing import Any

from bench.explore.peers._models import gathering
from bench.explore.search import REPLAYS, Counted, Effort, Form, Search, Tool
from localimpl import Unit

ALONE: dict[str, Any] = {"database": False, "seed_random": False}
"""Nothing is kept on disk, and no case draws random numbers: to seed them would make it slower."""


def _search(strategy: Callable[[], Any]) -> Callable[[Form, Effort], Search]:
    def search(form: Form, effort: Effort) -> Search:
        import detangle

        counted = Counted(form.begin)
        model = gathering(counted)
        try:
            stats = detangle.explore(
                model,
                runs=effort.schedules,
                seed=effort.seed,
                strategy=strategy(),
                **ALONE,
            )
        except detangle.BugFound as bug:
            counted.failed(str(bug.report.failure.message))
            token = bug.report.token
            again = (
                detangle.replay(model, token, raise_on_failure=False, seed_random=False)
                for _ in range(REPLAYS)
            )
            return counted.search(replayed=sum(not one.ok for one in again))
        return counted.search(exhausted=bool(stats.exhausted))

    return search


def _dfs() -> Any:
    import detangle

    return detangle.DFS(max_delays=2)


UNITS = frozenset({Unit.TASK})
TOOLS = (
    Tool(
        "detangle auto",
        "detangle",
        "its portfolio of PCT, random walks and others",
        seeded=True,
        units=UNITS,
        search=_search(lambda: None),
        default=True,
    ),
    Tool(
        "detangle PCT",
        "detangle",
        "random priorities with change points",
        seeded=True,
        units=UNITS,
        search=_search(lambda: "pct:3"),
    ),
    Tool(
        "detangle DFS",
        "detangle",
        "all schedules with at most 2 deviations from asyncio's order",
        seeded=False,
        units=UNITS,
        search=_search(_dfs),
    ),
)
