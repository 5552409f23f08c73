"""Runs cells to a result in this process: on a host of its own, or as the client of a server in a child process."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

from harness.core.history import History
from harness.core.names import load
from harness.core.plan import TABS, Order, plan
from harness.core.ports import Checker, Host, Server, StandstillError
from harness.core.record import Cell, CellResult, Ending, Place
from harness.core.scenario import Cookies, Scenario
from harness.core.verdict import Grade, Need, Outcome, demands
from harness.engine.flood import Flood
from harness.engine.hang import in_flight, where_it_stands
from harness.engine.job import Job, Options, repeat_command
from harness.engine.judge import Tally, tally, weigh
from harness.engine.over_http import flood_over_http
from harness.engine.server_process import ServerProcess
from harness.engine.subjects import find_subject
from localimpl import Subject

MOST_ROUNDS = 25
"""A control that hides, or a cell without evidence, is flooded again up to this often."""
FLOODED = 0.5
"""The share of the time limit after which a cell is not flooded again: what is known by then is its result."""
STARTUP = 30.0
"""Seconds within which a server must be up; they do not count against the time limit."""
GRACE = 1.0
"""Seconds in which a server that closed its connections is given the time to end."""
BROKE = 70
"""The exit code of a cell's process in which something went wrong."""
SERIAL_REQUESTS = 4
"""After a flood so many requests go one at a time, for what stays corrupted."""


Where = Callable[[FrameType | None], tuple[str, ...]]
"""Returns where a cell stands; takes what the calling thread was doing, where a signal interrupted it."""


class Attempt:
    """One cell being run: knows enough at any moment to tell what is known so far."""

    def __init__(self, cell: Cell, job: Job) -> None:
        self.cell = cell
        self.options: Options = job.options
        self.subject: Subject = find_subject(cell.subject)
        self.place: Host | Server = load(cell.where)
        self.scenario: Scenario = load(cell.scenario)
        self.checkers: list[Checker] = [load(path) for path in job.checkers]
        self.history = History()
        self.sent = 0
        self.where: Where = lambda interrupted: where_it_stands(self.history, interrupted)
        self.otherwise: CellResult | None = None
        """What the flood came to, for when its exploration does not end."""
        self._started = time.perf_counter()

    def result(self) -> CellResult:
        """Judge what is recorded so far."""
        return weigh(
            # Of nothing there is nothing to tell, and a checker that brought the cell down must not be asked again.
            tally(self.history, self.checkers) if len(self.history) else Tally(),
            cell=self.cell,
            subject=self.subject,
            unit=self.place.unit,
            offers=self.place.offers,
            scenario=self.scenario,
            checkers=self.checkers,
            sent=self.sent,
            seconds=time.perf_counter() - self._started,
            repeat=repeat_command(self.cell, self.options),
        )

    def hung(self, interrupted: FrameType | None = None, said: str = "") -> CellResult:
        """Return the result of a cell whose time is up, or that is said never to end."""
        if self.otherwise is not None:
            return self.otherwise
        where = self.where(interrupted)
        return replace(self.result(), ending=Ending.HUNG, hung_at=(said, *where) if said else where)

    def crashed(self, log: str) -> CellResult:
        """Return the result of a cell whose process ended without one."""
        return replace(self.result(), ending=Ending.CRASHED, log=log)

    def flood(self, send: Callable[[Sequence[Sequence[Order]]], None], requests: int) -> CellResult:
        """Send rounds until the cell can be told: one as a rule, more for a control unseen or for want of evidence."""
        options = self.options
        place = self.place
        must_mix = (place.unit, self.scenario.name) in self.subject.promise.refuted_on and demands(
            place.unit, place.offers
        )
        tabs = TABS if self.scenario.cookies is Cookies.TABS else 1
        result = None
        for number in range(1, MOST_ROUNDS + 1):
            label = f"r{number}." if number > 1 else "r"
            send(plan(requests, options.clients, options.seed, self.scenario.hangs_up, label, tabs))
            send(plan(SERIAL_REQUESTS, 1, options.seed, label=f"s{number}."))
            result = self.result()
            if result.outcome is Outcome.MIXED or result.evidence.failed or result.evidence.unanswered:
                break
            if not must_mix and result.grade is not Grade.UNPROVEN:
                break
            if time.perf_counter() - self._started > FLOODED * options.time_limit:
                break
        assert result is not None
        return result


def run(
    cells: Iterable[Cell], job: Job, report: Callable[[CellResult], None], tell: Callable[[int], None]
) -> None:
    """Run cells that share subject and place with the job, each as it comes, and report each as it ends.

    Searches tell, now and then, how many schedules they have run.
    """
    sys.setswitchinterval(job.options.switch_interval)
    first = job.cells[0]
    if first.place is Place.HOST:
        for cell in cells:
            attempt = Attempt(cell, job)
            with _TimeLimit(attempt, report):
                try:
                    result = _on_host(attempt, job, tell)
                except StandstillError as error:
                    result = attempt.hung(said=str(error))
            report(result)
        return
    with ServerProcess(
        subject=first.subject,
        server=first.where,
        target=first.target,
        gate=first.gate,
        scenarios=job.scenarios,
        switch_interval=job.options.switch_interval,
        # Where nothing overlaps a pause gives nobody a chance; its length would only make the cell slow.
        nap=job.options.nap if Need.OVERLAP in load(first.where).offers else 0.0,
        parties=job.options.clients,
        ready_within=STARTUP,
    ) as server:
        for cell in cells:
            attempt = Attempt(cell, job)
            with _TimeLimit(attempt, report):
                try:
                    result = _on_server(attempt, server)
                except _SilentError:
                    server.await_end(GRACE)
                    result = attempt.hung()
                if not server.alive():
                    result = attempt.crashed(server.last_words())
            report(result)
            if result.ending is not Ending.JUDGED:
                return  # the cells that are left get a new server


class _SilentError(Exception):
    """The server does not answer, because it hangs or has ended."""


def _on_host(attempt: Attempt, job: Job, tell: Callable[[int], None]) -> CellResult:
    result = _flooded(attempt) if job.options.flood else attempt.result()
    if job.options.explore is None:
        return result
    from harness.engine.explored import explored, unsearched  # servers and floods need nothing of it

    if job.options.flood and job.controlled:
        late = f"the search did not end within the cell's {attempt.options.time_limit:g} s"
        nothing = unsearched(attempt.cell, job.controlled, job.options.explore, late)
        attempt.otherwise = replace(result, explored=nothing)
    return explored(result, job, tell)


def _flooded(attempt: Attempt) -> CellResult:
    cell, host = attempt.cell, attempt.place
    assert isinstance(host, Host)
    mounted = load(cell.target).mount(attempt.subject, attempt.scenario)
    flood = Flood(mounted, attempt.scenario, host, load(cell.gate).make)
    attempt.history = flood.history

    def send(lanes: Sequence[Sequence[Order]]) -> None:
        attempt.sent += sum(map(len, lanes))
        flood.run(lanes)

    return attempt.flood(send, attempt.options.requests)


def _on_server(attempt: Attempt, server: ServerProcess) -> CellResult:
    # The server has handed over what it recorded of the requests, but knows where its units stand.
    attempt.where = lambda _: tuple(dict.fromkeys([*in_flight(attempt.history), *server.where_it_stands()]))
    limit = attempt.options.time_limit / 2

    def send(lanes: Sequence[Sequence[Order]]) -> None:
        exchange = flood_over_http(
            server.port, attempt.scenario, lanes, time_limit=limit, drain_within=limit / 2
        )
        attempt.sent += exchange.sent
        attempt.history.rows.extend(exchange.history.rows)
        if exchange.waiting or not exchange.drained:
            raise _SilentError

    return attempt.flood(send, attempt.options.http_requests)


class _TimeLimit:
    """Ends this process when a cell takes too long, after reporting where it stands.

    An interval timer's signal runs in the main thread between two of its steps and adds no unit to the process.
    """

    def __init__(self, attempt: Attempt, report: Callable[[CellResult], None]) -> None:
        self._attempt = attempt
        self._report = report
        self._before: Any = None

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGALRM, self._end)
        signal.setitimer(signal.ITIMER_REAL, self._attempt.options.time_limit)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _end(self, number: int, frame: FrameType | None) -> None:
        # Whatever fails here must not go on as an error of what was interrupted.
        try:
            self._report(self._attempt.hung(frame))
        except BaseException:
            sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
            os._exit(BROKE)
        os._exit(0)
