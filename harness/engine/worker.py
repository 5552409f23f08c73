"""The child process that runs cells: one job a line on stdin, one result a line on stdout, a fork for each cell.

A worker is of one kind, patched by gevent or not, and imports what it needs once; each cell on a host then runs in a
fork of its own, so that no thread, hub or crash of one cell reaches another. Cells over HTTP that can share a server,
also those of the next job, share the fork that started it. ``python -m harness.engine.worker [patched]``.
"""

import sys

if __name__ == "__main__" and sys.argv[1:] == ["patched"]:
    from gevent import monkey

    monkey.patch_all()

import gc
import json
import os
import signal
from dataclasses import replace
from types import FrameType
from typing import BinaryIO

from harness.core.names import load
from harness.core.record import Cell, Ending, Place
from harness.engine.cells import Attempt
from harness.engine.fork import Fork, to_line
from harness.engine.job import Job

OURS = ("harness.", "localimpl.", "scenarios.")
EXPLORED = "harness.engine.explored:explored"
"""What explores a cell; imported only where that is asked for."""
HASTE = 0.25
"""The share of the time limit that is left to the cells on a host after one that hung there."""
PARENT_CHECK = 0.5
"""Seconds between two looks at whether the parent still lives."""


def main() -> None:
    """Take jobs until stdin ends."""
    # Buffered, for a write that the timer's signal interrupts may else end short, in the middle of a line.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a cell prints must not get between the results
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # it is meant for the cell, and the worker has to hand on its answer
    worker = Worker(out)
    _die_with_parent(worker)
    for line in sys.stdin.buffer:
        worker.run(Job.from_json(line.decode()))
        out.write(b"done\n")
        out.flush()
    worker.end()


class Worker:
    """Runs jobs one after the other, in at most one fork at a time."""

    def __init__(self, out: BinaryIO) -> None:
        self.fork: Fork | None = None
        self._out = out
        self._serves: tuple[object, ...] | None = None

    def run(self, job: Job) -> None:
        """Run the cells of a job; when a fork ends early, the cell it was at has crashed and the rest get a new one.

        Where a Local has hung on a host it mostly hangs again: its further cells there get less time, which the
        commands that repeat them name.
        """
        _import_ours(job)
        hasty = replace(job, options=replace(job.options, time_limit=HASTE * job.options.time_limit))
        out = self._out
        shared = None if job.cells[0].place is Place.HOST else job.server
        if shared != self._serves:
            self.end()
        for number, cell in enumerate(job.cells):
            line = self._answer(job, cell)
            if line:
                out.write(line)
                out.flush()
                self._serves = shared
                if shared is None:
                    self.end()
                    if json.loads(line)["ending"] == Ending.HUNG and job.options.flood:
                        job = hasty
                continue
            assert self.fork is not None
            cannot, last_words = self.fork.cannot, self.fork.last_words()
            self.end()
            lost = job.cells[number:] if cannot else (cell,)
            out.writelines(to_line(Attempt(each, job).crashed(last_words)) for each in lost)
            if cannot:
                return

    def _answer(self, job: Job, cell: Cell) -> bytes:
        """Have a cell run; a fork that ended in order after the cell before is replaced."""
        if self.fork is None:
            self.fork = Fork(job, self._out)
        line = self.fork.run(cell)
        if not line and self.fork.answered and self.fork.status == 0:
            self.fork = Fork(job, self._out)
            line = self.fork.run(cell)
        return line

    def end(self) -> None:
        """End the fork, if there is one, and its server with it."""
        if self.fork is not None:
            self.fork.end()
        self.fork = self._serves = None


def _import_ours(job: Job) -> None:
    """Import parts of ours once for all forks; what others wrote is imported in the fork, where it does no harm."""
    parts = {
        each
        for cell in job.cells
        for each in (cell.subject, cell.where, cell.scenario, cell.target, cell.gate)
    }
    if job.options.explore is not None and job.controlled:
        parts |= {EXPLORED, job.controlled, job.options.explore.strategy}
    for path in sorted(parts | set(job.checkers)):
        if path.startswith(OURS):
            load(path)
    gc.freeze()  # or a collection in a fork would copy every page of what is imported


def _die_with_parent(worker: Worker) -> None:
    """End together with the parent, even when it was killed: no orphan goes on flooding."""
    parent = os.getppid()

    def look(number: int, frame: FrameType | None) -> None:
        if os.getppid() != parent:
            if worker.fork is not None and worker.fork.status is None:
                os.kill(worker.fork.pid, signal.SIGKILL)
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PARENT_CHECK, PARENT_CHECK)


if __name__ == "__main__":
    main()
