"""ctxstress: greenlets, tasks and threads; units run to completion first, then with more and more preemptions."""

from collections.abc import Callable
from time import perf_counter, process_time

from bench.explore.case import Begin
from bench.explore.corpus import files
from bench.explore.programs import CaseProgram
from bench.explore.search import REPLAYS, Counted, Effort, Form, Search, Tool
from harness.catalog import controlled_for
from harness.core.control import ControlledHost, Strategy
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from harness.explorer.replaying import replay
from harness.explorer.token import decode
from harness.schedulers.pct import STRATEGY as PCT
from harness.schedulers.preemption_bounded import STRATEGY as PREEMPTION_BOUNDED
from harness.schedulers.random_walk import STRATEGY as RANDOM_WALK
from harness.schedulers.urw import STRATEGY as URW
from localimpl import Unit

PACKAGE = "ctxstress"
BOUND = 2
PLENTY = 500_000
"""Schedules and seconds for a search that ends by itself."""
MINUTE = 60.0


def program(form: Form, begin: Begin | None = None) -> CaseProgram:
    """Return a form as a program whose witness gets a token; ``begin`` makes its instances in place of the form's."""
    return CaseProgram(form.name, begin or form.begin, f"call:bench.explore.programs:{form.name}")


def host(form: Form) -> ControlledHost:
    """Return the controlled host of a form's units."""
    found: ControlledHost = controlled_for(form.case.unit).part
    return found


def limits(form: Form, strategy: Strategy, effort: Effort) -> Limits:
    """Return the limits that are usual; a strategy that ends by itself may do so."""
    return Limits(
        bound=BOUND,
        schedules=PLENTY if strategy.exhausts else effort.schedules,
        seconds=MINUTE,
        strategy=strategy,
        seed=effort.seed,
        files=files(form.name) if form.case.unit is Unit.THREAD else (),
    )


def _search(strategy: Strategy) -> Callable[[Form, Effort], Search]:
    def search(form: Form, effort: Effort) -> Search:
        counted = Counted(form.begin)
        subject, place = program(form, counted.begin), host(form)
        started, worked = perf_counter(), process_time()
        found = explore(subject, place, limits(form, strategy, effort))
        spent, processor = perf_counter() - started, process_time() - worked
        told = found.explanation
        if told is None:
            return Search(
                schedules=found.schedules,
                seconds=spent,
                processor=processor,
                begun=counted.begun,
                found=False,
                exhausted=bool(found.phases) and all(phase.exhausted for phase in found.phases),
                note=found.reason,
            )
        token = decode(told.token)
        return Search(
            schedules=found.found_at,
            # Of the peers too, neither making a witness small nor explaining it counts.
            seconds=found.seconds,
            processor=processor,
            found=True,
            replayed=sum(replay(subject, place, token).mixup is not None for _ in range(REPLAYS)),
            kind=told.kind,
            feasibility=told.feasibility,
        )

    return search


UNITS = frozenset(Unit)
TOOLS = (
    Tool(
        "ctxstress",
        PACKAGE,
        f"all schedules with at most {BOUND} preemptions, fewest first",
        seeded=False,
        units=UNITS,
        search=_search(PREEMPTION_BOUNDED),
        default=True,
    ),
    Tool(
        "ctxstress random walk",
        PACKAGE,
        "uniform choice at each switch point",
        seeded=True,
        units=UNITS,
        search=_search(RANDOM_WALK),
    ),
    Tool(
        "ctxstress PCT",
        PACKAGE,
        "random priorities, with a measured horizon",
        seeded=True,
        units=UNITS,
        search=_search(PCT),
    ),
    Tool(
        "ctxstress URW",
        PACKAGE,
        "choice weighted by the steps that are left",
        seeded=True,
        units=UNITS,
        search=_search(URW),
    ),
)
