"""A fork of a worker in which cells run, one when asked: what a cell does to its process reaches no other."""

import faulthandler
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from harness.core.errors import UserError
from harness.core.record import Cell, CellResult, build
from harness.engine.cells import BROKE, run
from harness.engine.job import Job
from harness.engine.last_lines import last_lines

LOG_LINES = 30
CANNOT = b"cannot\n"
"""The answer of a fork that finds that what was asked cannot be done at all; its log says why."""
AT = b"at "
"""So begins a line, before the answer, that tells how many schedules a search has run."""


class Fork:
    """A fork for cells of one job, or of several that share a server; ``results`` is where its worker writes, not it.

    ``status`` is its exit code once it has ended, None before; below 0 it is the number of the signal that killed it.
    ``cannot`` tells that it ended because no cell of the job can be run.
    """

    def __init__(self, job: Job, results: BinaryIO) -> None:
        self.status: int | None = None
        self.answered = 0
        self.cannot = False
        self._log = TemporaryFile()  # noqa: SIM115  it lives as long as the fork
        close = _unpatched("os", "close")  # gevent's closes when its hub runs, which in a fork may be never
        asked, asking = os.pipe()
        answers, answering = os.pipe()
        self.pid: int = _unpatched("os", "fork")()
        if self.pid == 0:
            close(asking)
            close(answers)
            close(results.fileno())  # who reads them learns by its end that the worker died
            os.dup2(self._log.fileno(), 1)
            os.dup2(self._log.fileno(), 2)
            _run_in_fork(job, asked, answering)
        close(asked)
        close(answering)
        self._results = results
        self._asking = os.fdopen(asking, "wb", buffering=0)
        self._answers = os.fdopen(answers, "rb")

    def run(self, cell: Cell) -> bytes:
        """Return the result as a line of JSON; nothing when the fork ended instead."""
        try:
            self._asking.write(json.dumps(asdict(cell)).encode() + b"\n")
        except BrokenPipeError:
            line = b""
        else:
            while (line := self._answers.readline()).startswith(AT) and line.endswith(b"\n"):
                self._results.write(line)
                self._results.flush()
        if not line.endswith(b"\n") or line == CANNOT:  # a process that is killed may leave half a line
            self.cannot = line == CANNOT
            self.end()
            return b""
        self.answered += 1
        return line

    def end(self) -> None:
        """Let it end, and its server with it."""
        if self.status is None:
            self._asking.close()
            self._answers.close()
            self.status = os.waitstatus_to_exitcode(_unpatched("os", "waitpid")(self.pid, 0)[1])

    def last_words(self) -> str:
        """Return the end of what it printed, and how it ended unless that is said."""
        self._log.seek(0)
        tail = last_lines(self._log.read().decode("utf-8", "replace"), LOG_LINES)
        if self.status is None or self.cannot:
            return tail
        how = (
            f"was killed by signal {-self.status}"
            if self.status < 0
            else f"ended with exit code {self.status}"
        )
        return f"{tail}\n(the cell's process {how})".strip()


def to_line(result: CellResult) -> bytes:
    """Return a result as a line of JSON."""
    return json.dumps(asdict(result), default=sorted).encode() + b"\n"


def _run_in_fork(job: Job, asked: int, answering: int) -> None:
    """Run what is asked for and leave without the parent's clean-up."""
    code = 0
    faulthandler.enable(all_threads=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out = os.fdopen(answering, "wb")

    def report(result: CellResult) -> None:
        out.write(to_line(result))
        out.flush()

    def tell(schedules: int) -> None:
        os.write(answering, AT + b"%d\n" % schedules)

    try:
        run(_cells(asked), job, report, tell)
    except UserError as error:
        print(error, file=sys.stderr)
        out.write(CANNOT)
        out.flush()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = BROKE
    sys.stderr.flush()
    os._exit(code)


def _cells(asked: int) -> Iterator[Cell]:
    with os.fdopen(asked, "rb") as lines:
        for line in lines:
            yield build(Cell, json.loads(line))


def _unpatched(module: str, name: str) -> Any:
    """Return a function of the standard library as it was before gevent: the worker itself must start no hub."""
    if "gevent.monkey" not in sys.modules:
        return getattr(__import__(module), name)
    return sys.modules["gevent.monkey"].get_original(module, name)
