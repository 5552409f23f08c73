"""frontrun: threads, switched between any two instructions, and tasks, at each await; DPOR over what is touched."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from bench.explore.case import Trial
from bench.explore.peers._models import on_greenlets
from bench.explore.search import REPLAYS, Counted, Effort, Form, Search, Tool
from localimpl import Unit


class Slot:
    """Takes the result of one unit; one for each, for units that shared one would seem to race for it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.result: Any = None


class State:
    """One instance, as the tool hands it to workers and invariant."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.slots = [Slot(call) for call in trial.calls.values()]

    def results(self) -> dict[str, Any]:
        """Return what each unit returned."""
        return dict(zip(self.trial.calls, (slot.result for slot in self.slots), strict=True))


def _worker(nth: int) -> Callable[[State], None]:
    def work(state: State) -> None:
        slot = state.slots[nth]
        slot.result = slot.call()

    return work


def _async_worker(nth: int) -> Callable[[State], Any]:
    async def work(state: State) -> None:
        slot = state.slots[nth]
        slot.result = await slot.call()

    return work


def _greenlets(state: State) -> None:
    found = on_greenlets(state.trial)
    for name, slot in zip(state.trial.calls, state.slots, strict=True):
        slot.result = found[name]


def _search(strategy: str) -> Callable[[Form, Effort], Search]:
    def search(form: Form, effort: Effort) -> Search:
        import frontrun

        units = range(len(form.begin().calls))
        workers: list[Callable[[State], Any]] = [_greenlets]
        if form.case.unit is not Unit.GREENLET:
            workers = [(_async_worker if form.case.unit is Unit.TASK else _worker)(nth) for nth in units]
        # No case does I/O, and to look out for it makes the tool slower.
        options: dict[str, Any] = {"detect_io": False}
        if strategy == "dpor" or form.case.unit is not Unit.TASK:
            options["reproduce_on_failure"] = REPLAYS
        if strategy == "dpor":
            options["max_executions"] = effort.schedules
        else:
            options |= {"max_attempts": effort.schedules, "seed": effort.seed}
        counted = Counted(form.begin)
        result = frontrun.explore(
            setup=lambda: State(counted.begin()),
            workers=workers,
            invariant=lambda state: counted.is_right(state.trial, state.results()),
            strategy=strategy,
            **options,
        )
        if inspect.isawaitable(result):
            result = asyncio.run(_waited(result))
        if result.property_holds is False:
            counted.failed(str(result.explanation).strip().partition("\n")[0])
        attempts = result.reproduction_attempts
        return counted.search(
            # It certifies what it has run, also where it had to stop at the most that it was allowed.
            exhausted=strategy == "dpor"
            and result.property_holds is True
            and counted.begun < effort.schedules,
            replayed=result.reproduction_successes if attempts else None,
            note="" if result.property_holds is not None else str(result.inconclusive_reason),
        )

    return search


async def _waited(result: Any) -> Any:
    return await result


UNITS = frozenset(Unit)
TOOLS = (
    Tool(
        "frontrun DPOR",
        "frontrun",
        "dynamic partial-order reduction, at most 2 preemptions",
        seeded=False,
        units=UNITS,
        search=_search("dpor"),
        default=True,
        launcher="frontrun",
    ),
    Tool(
        "frontrun random",
        "frontrun",
        "random schedules",
        seeded=True,
        units=UNITS,
        search=_search("random"),
        launcher="frontrun",
    ),
)
