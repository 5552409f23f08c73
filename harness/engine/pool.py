"""Spreads jobs over worker processes, two kinds of them, and yields results as they come."""

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from tempfile import TemporaryFile

from harness.core.record import Cell, CellResult, Ending, Place, build
from harness.engine import child
from harness.engine.cells import STARTUP, Attempt
from harness.engine.fork import AT
from harness.engine.job import Job

GRACE = 5.0
"""Seconds beyond a cell's time limit before its worker, which should have ended it, is killed."""
LAST_WORDS = 3.0
"""Seconds after Ctrl-C in which a search may still tell what it knows."""

Tell = Callable[[Cell, int], None]


class Worker:
    """One child of ``harness.engine.worker``; asked for a job, it yields the results."""

    def __init__(self, patched: bool) -> None:
        self._log = TemporaryFile()  # noqa: SIM115  it lives as long as the worker
        self._process = subprocess.Popen(
            child.command("harness.engine.worker", *(["patched"] if patched else [])),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=child.variables(),
            start_new_session=True,
        )

    def results(self, job: Job, tell: Tell = lambda cell, schedules: None) -> Iterator[CellResult]:
        """Run a job; a worker that dies or overruns leaves its cell crashed or hung, and the rest for another one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        left = list(job.cells)
        overrun = False
        patience = job.options.time_limit + GRACE + (STARTUP if left[0].place is Place.SERVER else 0)

        def end() -> None:
            nonlocal overrun
            overrun = True
            self.stop()

        try:
            self._process.stdin.write(job.to_json().encode() + b"\n")
            self._process.stdin.flush()
            while True:
                timer = threading.Timer(patience, end)
                timer.daemon = True
                timer.start()
                line = self._process.stdout.readline()
                timer.cancel()
                if not line.endswith(b"\n") or line == b"done\n":
                    break
                if line.startswith(AT):
                    tell(left[0], int(line.removeprefix(AT)))
                    continue
                result = build(CellResult, json.loads(line))
                left = [cell for cell in left if cell != result.cell]
                yield result
        except BrokenPipeError:
            pass
        if left:
            self.stop()  # the cell's process may go on without its worker
        for cell in left[:1]:
            attempt = Attempt(cell, job)
            if overrun:
                attempt.where = lambda _: ("the cell's process is stuck in native code and did not answer",)
                yield attempt.hung()
            else:
                yield attempt.crashed(self._tail())

    @property
    def pid(self) -> int:
        """The process id of the worker, which is also that of its group."""
        return self._process.pid

    def alive(self) -> bool:
        """Tell whether the worker can take another job."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the worker and all that it started."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()

    def interrupt(self) -> None:
        """Let a search that it runs end with what is known."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGINT)

    def close(self) -> None:
        """End the worker and let go of its pipes and log; for whoever reads its results, when done with it."""
        self.stop()
        for file in (self._process.stdin, self._process.stdout, self._log):
            assert file is not None
            with suppress(BrokenPipeError):
                file.close()

    def _tail(self) -> str:
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")[-2000:]


class Pool:
    """Runs jobs on ``size`` lanes at once; each lane keeps one worker of each kind for itself.

    ``tell`` is called, on any thread, with a cell and how many of its schedules a search has run by now.
    """

    def __init__(self, size: int, tell: Tell = lambda cell, schedules: None) -> None:
        self.size = size
        self._tell = tell
        self._workers: list[Worker] = []
        self._closing = threading.Event()
        """No further cell is begun."""
        self._stopped = threading.Event()

    def run(self, jobs: Sequence[Job]) -> Iterator[CellResult]:
        """Yield the results of all jobs, each as it is known; ends early, without orphans, when the consumer stops.

        On Ctrl-C searches yield what they know by then before it is raised again; a flood that was cut short tells
        nothing, and is killed.
        """
        todo: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            todo.put(job)
        results: queue.SimpleQueue[CellResult | BaseException | None] = queue.SimpleQueue()
        lanes = [
            threading.Thread(target=self._lane, args=(todo, results), daemon=True)
            for _ in range(min(self.size, len(jobs)))
        ]
        for lane in lanes:
            lane.start()
        running = len(lanes)
        try:
            while running:
                result = results.get()
                if result is None:
                    running -= 1
                elif isinstance(result, BaseException):
                    raise result
                else:
                    yield result
        except KeyboardInterrupt:
            if not any(job.options.flood for job in jobs):
                yield from self._last_words(results, running)
            raise
        finally:
            self.stop()

    def _last_words(
        self, results: "queue.SimpleQueue[CellResult | BaseException | None]", running: int
    ) -> Iterator[CellResult]:
        """Interrupt all searches and yield what they had found."""
        self._closing.set()
        for worker in self._workers:
            worker.interrupt()
        deadline = time.monotonic() + LAST_WORDS
        with suppress(queue.Empty):
            while running:
                result = results.get(timeout=max(deadline - time.monotonic(), 0.0))
                if isinstance(result, CellResult) and result.ending is Ending.JUDGED:
                    yield result
                running -= result is None

    def stop(self) -> None:
        """Kill every worker with its fork and server."""
        self._stopped.set()
        for worker in self._workers:
            worker.stop()

    def _lane(
        self, todo: "queue.SimpleQueue[Job]", results: "queue.SimpleQueue[CellResult | BaseException | None]"
    ) -> None:
        mine: dict[bool, Worker] = {}
        try:
            while not self._stopped.is_set() and not self._closing.is_set():
                job = todo.get_nowait()
                left = job.cells
                while left:
                    worker = self._worker(mine, job.patched)
                    for result in worker.results(replace(job, cells=left), self._tell):
                        if self._stopped.is_set():
                            return
                        results.put(result)
                        if self._closing.is_set():
                            return
                        left = tuple(cell for cell in left if cell != result.cell)
                    if self._stopped.is_set():
                        return
        except queue.Empty:
            pass
        except BaseException as error:
            results.put(error)
        finally:
            for worker in mine.values():
                worker.close()
            results.put(None)

    def _worker(self, mine: dict[bool, Worker], patched: bool) -> Worker:
        """Return a lane's worker of a kind, a new one where the last has died."""
        worker = mine.get(patched)
        if worker is None or not worker.alive():
            if worker is not None:
                worker.close()
            worker = mine[patched] = Worker(patched)
            self._workers.append(worker)
            if self._stopped.is_set():  # the one who stopped may not have seen it
                worker.stop()
        return worker
