"""simloom: tasks, in a simulated world with virtual time; callbacks are picked from a tape of choices."""

from collections.abc import Callable
from typing import Any

from bench.explore.peers._models import gathering
from bench.explore.search import REPLAYS, Counted, Effort, Form, Search, Tool
from localimpl import Unit

WORLD = {"virtual_time": True, "seed_randomness": True}
"""What its decorator for tests has by default."""
ENUMERATED = {"virtual_time": True}
"""Its systematic search is to be used without drawn randomness."""


def _sampled(scheduler: str) -> Callable[[Form, Effort], Search]:
    def search(form: Form, effort: Effort) -> Search:
        import simloom

        counted = Counted(form.begin)
        model = gathering(counted)
        start = effort.seed * effort.schedules
        found = simloom.explore(model, runs=effort.schedules, start_seed=start, scheduler=scheduler, **WORLD)
        return _told(model, counted, found.first_failure, WORLD)

    return search


def _systematic(form: Form, effort: Effort) -> Search:
    import simloom

    counted = Counted(form.begin)
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


UNITS = frozenset({Unit.TASK})
TOOLS = (
    Tool(
        "simloom random",
        "simloom",
        "uniform choice among all that is ready",
        seeded=True,
        units=UNITS,
        search=_sampled("random"),
        default=True,
    ),
    Tool(
        "simloom PCT",
        "simloom",
        "random priorities, with a measured horizon",
        seeded=True,
        units=UNITS,
        search=_sampled("pct:auto"),
    ),
    Tool(
        "simloom systematic",
        "simloom",
        "all schedules with at most 2 delays",
        seeded=False,
        units=UNITS,
        search=_systematic,
    ),
)
