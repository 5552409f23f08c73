"""Runs rows of the matrix for tests: every scenario that a target has the means for, on one real server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness.catalog import Entry, entries
from harness.core.evidence import measure
from harness.core.history import History
from harness.core.names import load
from harness.core.plan import TABS, plan
from harness.core.ports import Server, Target
from harness.core.record import Cell, CellResult, Place
from harness.core.scenario import Cookies, Scenario
from harness.core.verdict import Need
from harness.engine.cells import MOST_ROUNDS
from harness.engine.judge import judge
from harness.engine.over_http import flood_over_http
from harness.engine.server_process import ServerProcess
from harness.engine.subjects import find_subject

GATE = "harness.gates.jitter:GATE"
CLIENTS = 8


def applicable(target: str, server: str) -> list[Entry]:
    """Return the scenarios of which a target's own row has a cell on this server."""
    where: Server = load(f"harness.servers.{server}:SERVER")
    mounted_on: Target = load(target)
    exempt = set() if crooked(target) else set(load(target.replace(":TARGET", ":SUBJECT")).promise.exempt)
    return [
        entry
        for entry in entries("scenario")
        if where.unit in entry.part.units
        and not entry.part.in_process
        and entry.part.uses <= mounted_on.means
        and (not mounted_on.about or mounted_on.about & entry.part.uses)
        and (where.unit, entry.name) not in exempt
    ]


def crooked(target: str) -> bool:
    """Tell whether a target is a stand-in without a row of its own."""
    return not target.endswith(":TARGET")


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
    tabs = TABS if scenario.cookies is Cookies.TABS else 1
    history, sent, seconds = History(), 0, 0.0
    for number in range(1, MOST_ROUNDS + 1):
        label = f"r{number}." if number > 1 else "r"
        lanes = plan(requests, CLIENTS, 1, scenario.hangs_up, label, tabs)
        exchange = flood_over_http(process.port, scenario, lanes, time_limit=60)
        history.rows.extend(exchange.history.rows)
        sent += exchange.sent
        seconds += exchange.seconds
        # As in a run: who lacks evidence gets another round.
        if measure(history).overlap or Need.OVERLAP not in where.offers:
            break
    return judge(
        history,
        cell=Cell(row, Place.SERVER, f"harness.servers.{server}:SERVER", entry.path, target, GATE),
        subject=find_subject(row),
        unit=where.unit,
        offers=where.offers,
        scenario=scenario,
        checkers=[checker.part for checker in entries("checker")],
        sent=sent,
        seconds=seconds,
        repeat="",
    )
