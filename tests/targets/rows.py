"""Runs rows of the matrix for tests: every scenario that a target has the means for, on one real server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness.catalog import Entry, entries
from harness.core.names import load
from harness.core.plan import plan
from harness.core.ports import Server, Target
from harness.core.record import Cell, CellResult, Place
from harness.core.scenario import Scenario
from harness.engine.judge import judge
from harness.engine.over_http import flood_over_http
from harness.engine.server_process import ServerProcess
from harness.engine.subjects import find_subject

GATE = "harness.gates.jitter:GATE"
CLIENTS = 8


def applicable(target: str, server: str) -> list[Entry]:
    """Return the scenarios that have a cell of this target on this server."""
    where: Server = load(f"harness.servers.{server}:SERVER")
    mounted_on: Target = load(target)
    return [
        entry
        for entry in entries("scenario")
        if where.unit in entry.part.units
        and not entry.part.in_process
        and entry.part.uses <= mounted_on.means
    ]


@contextmanager
def serving(
    target: str, server: str, scenarios: Sequence[Entry], subject: str = ""
) -> Iterator[ServerProcess]:
    """Serve a target's scenarios in a process of its own."""
    with ServerProcess(
        subject=subject or target.replace(":TARGET", ":SUBJECT"),
        server=f"harness.servers.{server}:SERVER",
        target=target,
        gate=GATE,
        scenarios=[entry.path for entry in scenarios],
        parties=CLIENTS,
    ) as process:
        yield process


def results(
    target: str, server: str, scenarios: Sequence[Entry], requests: int = 64, subject: str = ""
) -> dict[str, CellResult]:
    """Flood each scenario and return its judged cell, by the scenario's name."""
    with serving(target, server, scenarios, subject) as process:
        return {entry.name: flooded(process, entry, target, server, requests, subject) for entry in scenarios}


def flooded(
    process: ServerProcess, entry: Entry, target: str, server: str, requests: int, subject: str = ""
) -> CellResult:
    """Flood one scenario and judge what was recorded."""
    scenario: Scenario = entry.part
    where: Server = load(f"harness.servers.{server}:SERVER")
    row = subject or target.replace(":TARGET", ":SUBJECT")
    exchange = flood_over_http(
        process.port, scenario, plan(requests, CLIENTS, 1, scenario.hangs_up), time_limit=60
    )
    return judge(
        exchange.history,
        cell=Cell(row, Place.SERVER, f"harness.servers.{server}:SERVER", entry.path, target, GATE),
        subject=find_subject(row),
        unit=where.unit,
        offers=where.offers,
        scenario=scenario,
        checkers=[checker.part for checker in entries("checker")],
        sent=exchange.sent,
        seconds=exchange.seconds,
        repeat="",
    )
