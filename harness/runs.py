"""Makes a run: has the chosen cells run, gathers their results in the matrix's order, and notes the conditions."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from harness.core.feasibility import has_gil
from harness.core.names import load
from harness.core.record import SCHEMA, Cell, CellResult, Run, not_applicable
from harness.engine.job import Explore, Options
from harness.engine.pool import Pool
from harness.explained import explained
from harness.selection import Asked, Selection

LANES = 2
"""Workers for each processor: cells over HTTP mostly wait for pauses and for each other."""
DEEPER = Explore(seconds=10.0)
"""How far the interleaving of a mix-up is searched for that a flood saw."""
PACKAGES = ("ctxstress", "greenlet", "gevent", "werkzeug", "asgiref", "locust", "pytest", "uvicorn")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(options: Options) -> dict[str, str]:
    """Return what a reader must know of the machine and the libraries."""
    found = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "GIL": "on" if has_gil() else "off",
        "platform": platform.platform(),
        "processors": str(processors()),
        "switch interval": f"{options.switch_interval:g} s",
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@dataclass(slots=True)
class Recorder:
    """Gathers results into a run; can give it at any moment, also when the rest will not come."""

    selection: Selection
    options: Options
    command: str
    asked: Asked
    results: dict[Cell, CellResult] = field(default_factory=dict)
    interrupted: bool = False
    started: datetime = field(default_factory=lambda: datetime.now().astimezone())
    clock: float = field(default_factory=time.perf_counter)
    """What ``time.perf_counter`` said at the start."""

    def __post_init__(self) -> None:
        for cell, reason in self.selection.inapplicable.items():
            self.add(not_applicable(cell, load(cell.where).unit, reason))

    def add(self, result: CellResult) -> None:
        """Take the result of one cell."""
        self.results[result.cell] = result

    def run(self) -> Run:
        """Return the record of what is known now."""
        subjects, places, scenarios = self.selection.parts()
        left = len(self.selection.cells) - len(self.results)
        notes = self.selection.notes + (
            (f"{left} {'cell was' if left == 1 else 'cells were'} not run",) if left else ()
        )
        return Run(
            schema=SCHEMA,
            version=version("ctxstress"),
            command=self.command,
            seed=self.options.seed,
            options=_spoken(self.options, self.asked),
            environment=environment(self.options),
            started=self.started.isoformat(timespec="seconds"),
            seconds=round(time.perf_counter() - self.clock, 2),
            interrupted=self.interrupted,
            subjects=subjects,
            places=places,
            scenarios=scenarios,
            cells=tuple(self.results[cell] for cell in self.selection.cells if cell in self.results),
            notes=notes,
        )


def execute(
    recorder: Recorder,
    tell: Callable[[CellResult], None],
    say: Callable[[str], None] = lambda stage: None,
    count: Callable[[Cell, int], None] = lambda cell, schedules: None,
) -> Run:
    """Run the selected cells, telling each result as it comes, and each stage; an interruption keeps what is known.

    ``count`` is told, on any thread, how many schedules of a cell a search has run by now.
    """
    pool = Pool(LANES * processors(), count)
    try:
        for result in pool.run(recorder.selection.jobs(recorder.options)):
            recorder.add(result)
            tell(result)
        if recorder.options.explore is not None:
            for result in explained(recorder.results.values(), recorder.options, DEEPER, pool.size, say):
                recorder.add(result)
    except KeyboardInterrupt:
        recorder.interrupted = True
    finally:
        pool.stop()
    return recorder.run()


def _spoken(options: Options, asked: Asked) -> Mapping[str, object]:
    return asdict(options) | {name: value for name, value in asdict(asked).items() if value}
