"""Shows how a run goes on: a bar on a terminal, a line a cell elsewhere; always on stderr."""

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from harness.core.record import Ending
from harness.core.verdict import Grade
from reports.words import plural

if TYPE_CHECKING:
    from harness.core.record import Cell, CellResult

COUNTED_EVERY = 10.0
"""Seconds between two lines that tell how far searches are."""
NOTEWORTHY = {Grade.BROKEN, Grade.MISSED, Grade.UNPROVEN}


def _why(result: "CellResult") -> list[str]:
    """Return the one line that says most of a bad ending, if there is one."""
    return [*result.hung_at[:1], *result.log.splitlines()[-1:]]


class Progress:
    """Tells each result as it comes; ``quiet`` says nothing, ``verbose`` says every cell on a terminal, too."""

    def __init__(self, total: int, *, quiet: bool, verbose: bool, to: TextIO | None = None) -> None:
        self._total = total
        self._count = 0
        self._counted = time.monotonic()
        self._to = to or sys.stderr
        self._bar: Any = None
        self._task: Any = None
        self._lines = not quiet and (verbose or not self._to.isatty())
        self._quiet = quiet
        self._verbose = verbose

    def __enter__(self) -> "Progress":
        if not self._quiet and self._to.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description:<46}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(file=self._to),
                transient=True,
            )
            self._task = self._bar.add_task("starting the workers", total=self._total)
            self._bar.start()
        return self

    def tell(self, result: "CellResult") -> None:
        """Show one more cell as done."""
        self._count += 1
        if self._bar is not None:
            self._bar.update(self._task, completed=self._count, description=result.cell.id[:46])
        bad = result.grade in NOTEWORTHY or result.ending is not Ending.JUDGED
        if self._lines or (self._bar is not None and bad):
            self._say(self._line(result))

    def say(self, stage: str) -> None:
        """Tell what goes on now, beside the cells."""
        if self._bar is not None:
            self._bar.update(self._task, description=stage[:46])
        elif not self._quiet:
            self._say(stage)

    def count(self, cell: "Cell", schedules: int) -> None:
        """Tell, from any thread, how far a search is: on a terminal always, elsewhere once in a while."""
        if self._bar is not None:
            self._bar.update(self._task, description=f"{schedules:,} schedules of {cell.id}"[:46])
        elif self._lines and time.monotonic() - self._counted > COUNTED_EVERY:
            self._counted = time.monotonic()
            self._say(f"{cell.id}: {schedules:,} schedules so far")

    def _line(self, result: "CellResult") -> str:
        judged = result.ending is Ending.JUDGED or result.grade is Grade.BROKEN
        word = result.grade if judged else result.ending
        seen = [f"{each.anomaly} × {each.count}" for each in result.findings if each.count]
        told = result.explored.explanation if result.explored is not None else None
        came_to = told.kind if told is not None and told.stuck and not seen else result.outcome
        line = f"[{self._count}/{self._total}] {word.upper():10} {result.cell.id}: {came_to}"
        if result.ending is not Ending.JUDGED:
            line += f" ({result.ending})" if judged else "".join(f", {why}" for why in _why(result))
        if seen and (self._verbose or result.grade in NOTEWORTHY):
            line += f", {', '.join(seen)} of {result.evidence.entered} requests"
        return line

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=self._to, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


class AppProgress:
    """Tells how a run against an app goes on; from any thread: one line that is kept up to date, else one a stage."""

    def __init__(self, *, quiet: bool, to: TextIO | None = None) -> None:
        self._to = to or sys.stderr
        self._quiet = quiet
        self._status: Any = None
        self._stage = ""
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> "AppProgress":
        if not self._quiet and self._to.isatty():
            from rich.console import Console

            self._status = Console(file=self._to).status("starting the app")
            self._status.start()
        return self

    def tell(self, stage: str, sent: int, signs: int) -> None:
        """Show the stage, how many requests were sent by now, and how many signs of a mix-up were seen."""
        line = f"{stage}: {plural(sent, 'request')} sent"
        if signs:
            line += f", {plural(signs, 'sign')} of a mix-up"
        with self._one_at_a_time:
            if self._status is not None:
                self._status.update(line)
            elif not self._quiet and stage != self._stage:
                print(line, file=self._to, flush=True)
            self._stage = stage

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
