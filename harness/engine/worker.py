"""The child process that runs cells: one job a line on stdin, one result a line on stdout, a fork for each cell.

A worker is of one kind, patched by gevent or not, and imports what it needs once; each cell then runs in a fork of its
own, so that no thread, hub or crash of one cell reaches another. ``python -m harness.engine.worker [patched]``.
"""

import sys

if __name__ == "__main__" and sys.argv[1:] == ["patched"]:
    from gevent import monkey

    monkey.patch_all()

import json
import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from types import FrameType
from typing import Any, BinaryIO

from harness.core.errors import UserError
from harness.core.record import Cell, CellResult, Place
from harness.engine.cells import Attempt, run
from harness.engine.job import Job

LOG_LINES = 15
CANNOT, BROKE = 2, 70
"""Exit codes of a fork: what was asked cannot be done at all, or something went wrong."""
PARENT_CHECK = 0.5
"""Seconds between two looks at whether the parent still lives."""


def _unpatched(module: str, name: str) -> Any:
    """Return a function of the standard library as it was before gevent: the worker itself must start no hub."""
    if "gevent.monkey" not in sys.modules:
        return getattr(__import__(module), name)
    return sys.modules["gevent.monkey"].get_original(module, name)


def main() -> None:
    """Take jobs until stdin ends."""
    _die_with_parent()
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a cell prints must not get between the results
    for line in sys.stdin.buffer:
        job = Job.from_json(line.decode())
        for group in (
            [[cell] for cell in job.cells] if job.cells[0].place is Place.HOST else [list(job.cells)]
        ):
            _run_group(group, job, out)
        out.write(b"done\n")


def _run_group(cells: list[Cell], job: Job, out: BinaryIO) -> None:
    """Fork for these cells; when the fork ends early, the cell it was at has crashed and the rest get a new one."""
    while cells:
        with tempfile.TemporaryFile() as log:
            finished, status = _fork(cells, job, out, log)
            cells = cells[finished:]
            if status == 0:
                continue
            log.seek(0)
            tail = "\n".join(log.read().decode("utf-8", "replace").splitlines()[-LOG_LINES:])
            if status == CANNOT:
                for cell in cells:
                    _write(out, Attempt(cell, job).crashed(tail))
                return
            how = f"was killed by signal {-status}" if status < 0 else f"ended with exit code {status}"
            for cell in cells[:1]:
                _write(out, Attempt(cell, job).crashed(f"{tail}\n(the cell's process {how})".strip()))
            cells = cells[1:]


def _fork(cells: Sequence[Cell], job: Job, out: BinaryIO, log: BinaryIO) -> tuple[int, int]:
    """Run the cells in a fork, pass its results on, and return how many there were and how it ended."""
    reading, writing = os.pipe()
    pid = _unpatched("os", "fork")()
    if pid == 0:
        os.close(reading)
        os.dup2(log.fileno(), 2)
        os.dup2(log.fileno(), 1)
        _in_fork(cells, job, writing)
    os.close(writing)
    _running.append(pid)
    finished = 0
    with os.fdopen(reading, "rb") as results:
        for line in results:
            out.write(line)
            finished += 1
    _, status = _unpatched("os", "waitpid")(pid, 0)
    _running.clear()
    return finished, os.waitstatus_to_exitcode(status)


def _in_fork(cells: Sequence[Cell], job: Job, writing: int) -> None:
    """Run the cells and leave without the parent's clean-up."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    code = 0
    try:
        with os.fdopen(writing, "wb", buffering=0) as out:
            run(cells, job, _writer(out))
    except UserError as error:
        print(error, file=sys.stderr)
        code = CANNOT
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = BROKE
    sys.stderr.flush()
    os._exit(code)


def _writer(out: BinaryIO) -> Callable[[CellResult], None]:
    return lambda result: _write(out, result)


def _write(out: BinaryIO, result: CellResult) -> None:
    out.write(json.dumps(asdict(result), default=sorted).encode() + b"\n")


_running: list[int] = []
"""The process id of the fork that runs, if one does."""


def _die_with_parent() -> None:
    """End together with the parent, even when it was killed: no orphan goes on flooding."""
    parent = os.getppid()

    def look(number: int, frame: FrameType | None) -> None:
        if os.getppid() != parent:
            for pid in _running:
                os.kill(pid, signal.SIGKILL)
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PARENT_CHECK, PARENT_CHECK)


if __name__ == "__main__":
    main()
