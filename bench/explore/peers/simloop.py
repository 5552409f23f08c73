"""simloop: tasks, on a simulated loop with virtual time; the order of what is ready is drawn from a seed."""

from collections.abc import Callable

from bench.explore.peers._models import gathering
from bench.explore.search import REPLAYS, Counted, Effort, Form, Search, Tool
from localimpl import Unit


def _search(policy: str) -> Callable[[Form, Effort], Search]:
    def search(form: Form, effort: Effort) -> Search:
        import simloop

        counted = Counted(form.begin)
        model = gathering(counted)
        start = 1 + effort.seed * effort.schedules
        report = simloop.explore(model, range(start, start + effort.schedules), policy=policy)
        if report is None:
            return counted.search()
        counted.failed(f"{type(report.exception).__name__}: {report.exception}")
        again = (simloop.explore(model, [report.seed], policy=policy) for _ in range(REPLAYS))
        return counted.search(replayed=sum(one is not None for one in again))

    return search


UNITS = frozenset({Unit.TASK})
TOOLS = (
    Tool(
        "simloop random",
        "simloop",
        "uniform choice among all that is ready",
        seeded=True,
        units=UNITS,
        search=_search("random"),
        default=True,
    ),
    Tool(
        "simloop PCT",
        "simloop",
        "random priorities, with a measured horizon",
        seeded=True,
        units=UNITS,
        search=_search("pct"),
    ),
)
