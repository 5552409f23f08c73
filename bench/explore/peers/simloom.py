"""simloom: tasks, in a simulated world with virtual time; callbacks are picked from a tape of choices."""

from collections.abc import Callable
from typing import Any

from bench.explore.peers._models import gathering
from bench.explore.search import REPLAYS, Counted, Effort, Form, Search, Tool
from localimpl import Unit

WORLD = {"virtual_time": True}
"""What its decorator for tests has by default, but for seeded randomness: no case draws, and to seed it is slower."""


def _sampled(scheduler: str) -> Callable[[Form, Effort], Search]:
    def search(form: Form, effort: Effort) -> Search:
        import simloom

        counted = Counted(form.begin)
        model = gathering(counted)
        start = effort.seed * effort.schedules
        found = simloom.explore(model, runs=effort.schedules, start_seed=start, scheduler=scheduler, **WORLD)
        return _told(model, counted, found.first_failure)

    return search


def _systematic(form: Form, effort: Effort) -> Search:
    import simloom

    counted = Counted(form.begin)
    model = gathering(counted)
    found = simloom.explore_systematic(model, max_delays=2, max_schedules=effort.schedules, **WORLD)
    return _told(model, counted, found.first, found.proven_correct)


def _told(model: Callable[[], Any], counted: Counted, failure: Any, exhausted: bool = False) -> Search:
    import simloom

    if failure is None:
        return counted.search(exhausted=exhausted)
    counted.failed(f"{type(failure.error).__name__}: {failure.error}")
    replayed = 0
    for _ in range(REPLAYS):
        again = simloom.replay(model, tape=failure, raise_on_error=False, **WORLD)
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
