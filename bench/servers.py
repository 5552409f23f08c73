"""What the checking costs over HTTP: the checked rate of each server beside its unchecked one, with one client."""

import argparse
import json
from contextlib import ExitStack
from statistics import median

import psutil

from harness.catalog import entries
from harness.core.evidence import measure as evidence
from harness.core.plan import plan
from harness.engine.over_http import Exchange, flood_over_http
from harness.engine.server_process import ServerProcess
from scenarios.read_back import SCENARIO

TARGET = 0.8
"""The checked rate is to be at least this part of the unchecked one."""
CLIENTS = 8


def launched(server: str, *, checked: bool) -> ServerProcess:
    """Return the server with our framework, over our fastest Local, on it; pauses give way but do not wait."""
    return ServerProcess(
        subject="localimpl.contextvar:SUBJECT",
        server=server,
        target="harness.targets.mini:TARGET",
        gate="harness.gates.once:GATE",
        scenarios=["scenarios.read_back:SCENARIO"],
        nap=0.0,
        parties=CLIENTS,
        checked=checked,
    )


def flood(process: ServerProcess, requests: int, turn: int, *, checked: bool) -> Exchange:
    """Send so many requests, and make sure that they did what the rate is claimed for."""
    lanes = plan(requests, CLIENTS, turn, label=f"r{turn}.")
    exchange = flood_over_http(process.port, SCENARIO, lanes, time_limit=120)
    seen = evidence(exchange.history)
    assert exchange.sent == requests, f"{exchange.unsent} requests were not sent"
    assert seen.failed == 0, f"{seen.failed} requests failed"
    assert seen.entered == seen.ends == (requests if checked else 0), "recorded too much or too little"
    return exchange


def processor_seconds(process: ServerProcess) -> float:
    """Return how long a server has kept a processor busy so far; its handing over of the record included."""
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def measure(server: str, requests: int, rounds: int) -> dict[str, float]:
    """Return both rates (requests a second), their ratio, what a request costs the server (milliseconds of a
    processor), and the part of the checked requests that overlapped.

    Other processes disturb a rate more than the checking does. So each ratio is of two short floods, one right
    after the other, and their median counts.
    """
    rates: dict[bool, list[float]] = {True: [], False: []}
    cost = {True: 0.0, False: 0.0}
    overlap = 0
    with ExitStack() as stack:
        processes = {checked: stack.enter_context(launched(server, checked=checked)) for checked in rates}
        for turn in range(-1, rounds):
            # Whoever comes first meets another state of the machine: they take turns, too.
            for checked in (True, False) if turn % 2 else (False, True):
                before = processor_seconds(processes[checked])
                exchange = flood(processes[checked], requests, turn, checked=checked)
                if turn < 0:
                    continue  # a warm-up
                rates[checked].append(requests / exchange.seconds)
                cost[checked] += processor_seconds(processes[checked]) - before
                overlap += evidence(exchange.history).overlap
    return {
        "unchecked": median(rates[False]),
        "checked": median(rates[True]),
        "ratio": median(one / other for one, other in zip(rates[True], rates[False], strict=True)),
        "unchecked cost": cost[False] / (requests * rounds) * 1000,
        "checked cost": cost[True] / (requests * rounds) * 1000,
        "overlap": overlap / (requests * rounds),
    }


def main() -> None:
    """Measure each server and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments.add_argument("--requests", type=int, default=400, help="requests of one measurement")
    arguments.add_argument("--rounds", type=int, default=15, help="measurements of each kind, in turn")
    arguments.add_argument("--server", action="append", help="only this server; may be repeated")
    asked = arguments.parse_args()
    servers = [each for each in entries("server") if not each.missing]
    found = {
        each.name: measure(each.path, asked.requests, asked.rounds)
        for each in servers
        if not asked.server or each.name in asked.server
    }
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


def show(found: dict[str, dict[str, float]]) -> None:
    """Print the rates as a table, with the target."""
    from rich.console import Console
    from rich.table import Table

    title = f"requests over HTTP: our framework over contextvar, read_back, {CLIENTS} clients"
    table = Table(title=title, title_justify="left")
    columns = ("server", "unchecked/s", "checked/s", "ratio", "target", "", "server's ms each", "overlapped")
    for column in columns:
        table.add_column(column, justify="left" if column in ("server", "") else "right")
    for name, rates in found.items():
        table.add_row(
            name,
            f"{rates['unchecked']:,.0f}",
            f"{rates['checked']:,.0f}",
            f"{rates['ratio']:.2f}",
            f"{TARGET:.2f}",
            "met" if rates["ratio"] >= TARGET else "NOT met",
            f"{rates['unchecked cost']:.2f} → {rates['checked cost']:.2f}",
            f"{rates['overlap']:.0%}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
