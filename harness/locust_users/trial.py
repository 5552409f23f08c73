"""One test as the process sees it that judges: runs the servers, gathers what they recorded and comes to a verdict."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import gevent

from harness.catalog import Entry, entries
from harness.core.history import History, Probe
from harness.core.record import Cell, CellResult, Ending, Run
from harness.engine.client import Client, TransportError
from harness.engine.job import Explore, Options, repeat_command
from harness.engine.over_http import fetch, receive
from harness.engine.server_process import ServerProcess
from harness.explained import explained
from harness.locust_users.ledger import CLIENT, Ledger, MixUp
from harness.locust_users.traffic import Orders
from harness.runs import Recorder, processors
from harness.selection import Asked, Selection

LIMIT_SECONDS = 5.0
"""How long a server may take to hand over what it recorded, and to end what it is at."""
SERIAL_REQUESTS = 4
"""After the flood so many requests go to each scenario one at a time, for what stays corrupted."""
LOOK_SECONDS = 0.05
EXPLORED = Explore(seconds=3.0)
"""How far the interleaving of each mix-up is searched for when the test is over."""


@dataclass(slots=True)
class Bench:
    """One server under test with the ledgers of its cells."""

    process: ServerProcess
    unit: str
    ledgers: list[Ledger]
    control: Client = field(init=False)

    def start(self) -> None:
        """Start the server and open a connection for control."""
        self.process.start()
        self.control = Client(self.process.port, None, LIMIT_SECONDS)

    def drain(self, ledger: Ledger) -> int:
        """Move what the server recorded to a ledger; return how many requests are in flight. Raises TransportError."""
        rows, in_flight = fetch(self.control, ledger.scenario)
        ledger.record(rows)
        return in_flight

    def send_in_turn(self, ledger: Ledger, orders: Orders) -> None:
        """Send a few requests one at a time."""
        done, rows = [], History()
        with Client(self.process.port, {}, LIMIT_SECONDS) as client:
            for _ in range(SERIAL_REQUESTS):
                order = orders.next(hangs_up=False)
                own = Probe(rows.record, order.request, order.token, f"{CLIENT}last", order.user)
                try:
                    receive(client.send(ledger.scenario.name, order), ledger.scenario, own)
                except TransportError as error:
                    own.failed(str(error))
                done.append(order.request)
        ledger.answer(done, rows.rows)

    def results(self, options: Options, seconds: float) -> Iterator[CellResult]:
        """Yield the results of all cells; those of a server that ended or hung say so."""
        alive = self.process.alive()
        for ledger in self.ledgers:
            result = ledger.result(seconds, repeat_command(ledger.cell, options))
            if not alive:
                result = replace(result, ending=Ending.CRASHED, log=self.process.log_tail())
            elif result.evidence.unanswered:
                result = replace(result, ending=Ending.HUNG, hung_at=self.process.where_it_stands())
            yield result


class Trial:
    """The servers and ledgers of one test."""

    def __init__(self, selection: Selection, options: Options, asked: Asked, command: str) -> None:
        self._recorder = Recorder(selection, options, command, asked)
        self._options = options
        self._began = time.perf_counter()
        self.ledgers: list[Ledger] = []
        self._benches = self._set_up(selection)

    def _set_up(self, selection: Selection) -> list[Bench]:
        checkers = [entry.part for entry in entries("checker")]
        parts: dict[str, Entry] = {
            entry.path: entry
            for entry in (
                *selection.subjects,
                *(entry for _, entry in selection.places),
                *selection.scenarios,
            )
        }
        benches = []
        for job in selection.jobs(self._options):
            subject, server = parts[job.cells[0].subject].part, parts[job.cells[0].where].part
            ledgers = [
                Ledger(cell, subject, server, parts[cell.scenario].part, checkers) for cell in job.cells
            ]
            self.ledgers += ledgers
            benches.append(Bench(self._process(job.cells), str(server.unit), ledgers))
        return benches

    def _process(self, cells: Sequence[Cell]) -> ServerProcess:
        first = cells[0]
        return ServerProcess(
            subject=first.subject,
            server=first.where,
            target=first.target,
            gate=first.gate,
            scenarios=[cell.scenario for cell in cells],
            switch_interval=self._options.switch_interval,
            nap=self._options.nap,
            parties=self._options.clients,
        )

    def start(self) -> dict[str, Any]:
        """Start all servers at once; return what users must know of them, in types that can be sent between processes.

        Raises UserError when one does not come up.
        """
        errors: list[Exception] = []

        def start(bench: Bench) -> None:
            try:
                bench.start()
            except Exception as error:
                errors.append(error)

        try:
            gevent.joinall([gevent.spawn(start, bench) for bench in self._benches])
            if errors:
                raise errors[0]
        except BaseException:
            self.stop()
            raise
        numbers = iter(range(len(self.ledgers)))
        return {
            "seed": self._options.seed,
            "stages": [
                {
                    "unit": bench.unit,
                    "port": bench.process.port,
                    "cells": [[next(numbers), each.cell.id, each.cell.scenario] for each in bench.ledgers],
                }
                for bench in self._benches
            ],
        }

    def take(self, reports: Iterable[dict[str, Any]]) -> None:
        """Take what users sent and got."""
        for report in reports:
            self.ledgers[report["cell"]].answer(report["done"], History.from_json(report["rows"]).rows)

    def look(self) -> Iterator[tuple[Ledger, MixUp]]:
        """Fetch what the servers recorded, judge what has settled, and yield what was mixed up."""
        for bench in self._benches:
            try:
                for ledger in bench.ledgers:
                    bench.drain(ledger)
            except TransportError:
                pass  # the end of the test tells whether the server is gone
        yield from self._judge(everything=False)

    def finish(self) -> Iterator[tuple[Ledger, MixUp]]:
        """With all users at rest, send a few requests one at a time, judge all that is left, and stop the servers."""
        try:
            gevent.joinall([gevent.spawn(self._wind_up, bench) for bench in self._benches], raise_error=True)
            yield from self._judge(everything=True)
            for bench in self._benches:
                for result in bench.results(self._options, time.perf_counter() - self._began):
                    self._recorder.add(result)
        finally:
            self.stop()
        for result in explained(self._recorder.results.values(), self._options, EXPLORED, processors()):
            self._recorder.add(result)

    def _wind_up(self, bench: Bench) -> None:
        """Send the last requests and wait for all to end; a server that is gone or stuck is left at once."""
        try:
            for number, ledger in enumerate(bench.ledgers):
                bench.drain(ledger)
                if ledger.sent:
                    bench.send_in_turn(ledger, Orders(self._options.seed, f"s{number}."))
            deadline = time.monotonic() + LIMIT_SECONDS
            for ledger in bench.ledgers:
                while bench.drain(ledger) and time.monotonic() < deadline:
                    gevent.sleep(LOOK_SECONDS)
        except TransportError:
            pass  # the results of its cells say so

    def _judge(self, *, everything: bool) -> Iterator[tuple[Ledger, MixUp]]:
        for ledger in self.ledgers:
            for mix_up in ledger.judge(everything=everything):
                yield ledger, mix_up
            gevent.sleep(0)  # judging takes milliseconds, in which no user moves

    def run(self) -> Run:
        """Return the record of the test."""
        return self._recorder.run()

    def stop(self) -> None:
        """Stop the servers."""
        for bench in self._benches:
            bench.process.stop()
