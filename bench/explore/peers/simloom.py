"""simloom: tasks, in a simulated world with virtual time; callbacks are picked from a tape of choices."""

from collections.abc import Callable
from typing import Any

from bench.explore.case import Begin, Case
from bench.explore.peers._models import gathering
from bench.explore.search import REPLAYS, Counted, Effort, Search, Tool
from localimpl import Unit

WORLD = {"virtual_time": True, "seed_randomness": True}
"""What its decorator for tests has by default."""
ENUMERATED = {"virtual_time": True}
"""Its systematic search is to be used without drawn randomness."""


def _sampled(scheduler: str) -> Callable[[Case, Begin, Effort], Search | None]:
    def search(case: Case, begin: Begin, effort: Effort) -> Search | None:
        import simloom

        if case.unit is not Unit.TASK:
            return None
        counted = Counted(begin)
        model = gathering(counted)
        start = effort.seed * effort.schedules
        found = simloom.explore(model, runs=effort.schedules, start_seed=start, scheduler=scheduler, **WORLD)
        return _told(model, counted, found.first_failure, WORLD)

    return search


def _systematic(case: Case, begin: Begin, effort: Effort) -> Search | None:
    import simloom

    if case.unit is not Unit.TASK:
        return None
    counted = Counted(begin)
    model = gathering(counted)
    found = simloom.explore_systematic(model, max_delays=2, max_schedules=effort.schedules, **ENUMERATED)
    return _told(model, counted, found.first, ENUMERATED, found.proven_correct)


def _told(
    model: Callable[[], Any], counted: Counted, failure: Any, world: dict[str, Any], exhausted: bool = False
) -> Search:
    import simloom

    if failure is None:
        return counted.search(exhausted=exhausted)
    counted.failed(f"{type(failure.error).__name__}: {failure.error}")
    replayed = 0
    for _ in range(REPLAYS):
        again = simloom.replay(model, tape=failure, raise_on_error=False, **world)
        replayed += again.outcome == "error"
    return counted.search(replayed=replayed)


TOOLS = (
    Tool(
        "simloom random",
        "simloom",
        "uniform choice among all that is ready",
        seeded=True,
        search=_sampled("random"),
        default=True,
    ),
    Tool(
        "simloom PCT",
        "simloom",
        "random priorities, with a measured horizon",
        seeded=True,
        search=_sampled("pct:auto"),
    ),
    Tool(
        "simloom systematic",
        "simloom",
        "all schedules with at most 2 delays",
        seeded=False,
        search=_systematic,
    ),
)
