"""simloop: tasks, on a simulated loop with virtual time; the order of what is ready is drawn from a seed."""

from collections.abc import Callable

from bench.explore.case import Begin, Case
from bench.explore.peers._models import gathering
from bench.explore.search import REPLAYS, Counted, Effort, Search, Tool
from localimpl import Unit


def _search(policy: str) -> Callable[[Case, Begin, Effort], Search | None]:
    def search(case: Case, begin: Begin, effort: Effort) -> Search | None:
        import simloop

        if case.unit is not Unit.TASK:
            return None
        counted = Counted(begin)
        model = gathering(counted)
        start = 1 + effort.seed * effort.schedules
        report = simloop.explore(model, range(start, start + effort.schedules), policy=policy)
        if report is None:
            return counted.search()
        counted.failed(f"{type(report.exception).__name__}: {report.exception}")
        again = (simloop.explore(model, [report.seed], policy=policy) for _ in range(REPLAYS))
        return counted.search(replayed=sum(one is not None for one in again))

    return search


TOOLS = (
    Tool(
        "simloop random",
        "simloop",
        "uniform choice among all that is ready",
        seeded=True,
        search=_search("random"),
        default=True,
    ),
    Tool(
        "simloop PCT",
        "simloop",
        "random priorities, with a measured horizon",
        seeded=True,
        search=_search("pct"),
    ),
)
