"""Checked cycles a second on each host: set, pause, read, release, recorded and judged; and what the checking costs."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

HOSTS = {"threads": 30_000, "greenlets": 100_000, "tasks": 100_000}
"""Checked cycles a second that each host is to reach."""
CLIENTS = 16
CYCLES_PER_REQUEST = 50
"""A request here is many cycles long, so that the cycle is measured and not the making of units."""
REPEATS = 5


def measure(host_name: str, cycles: int) -> dict[str, float]:
    """Return cycles a second in this process: unchecked, recorded, and recorded and then judged."""
    from harness.checkers.bleed import CHECKER
    from harness.core.evidence import measure as evidence
    from harness.core.history import History, Probe
    from harness.core.names import load
    from harness.core.ports import Visit
    from harness.core.steps import PAUSE, Script
    from localimpl.contextvar import SUBJECT

    host = load(f"harness.hosts.{host_name}:HOST")
    gate = load("harness.gates.once:GATE")
    local = SUBJECT.make()
    overlaps = []
    requests = cycles // CYCLES_PER_REQUEST

    def unchecked(number: int, unit: str) -> Script[None]:
        for cycle in range(CYCLES_PER_REQUEST):
            local.set("user", cycle)
            yield PAUSE
            local.get("user")
            local.release()

    def checked(record: Callable[[Any], None], number: int, unit: str) -> Script[None]:
        own = Probe(record, f"r{number}", f"t{number}", unit)
        own.enter()
        for _ in range(CYCLES_PER_REQUEST):
            local.set("user", own.wrote("user"))
            yield PAUSE
            own.look("user", local.get, "user")
            local.release()
        own.leave()

    def lanes(visit: Callable[..., Any]) -> list[Iterator[tuple[int, Visit]]]:
        each = requests // CLIENTS
        return [
            ((number, partial(visit, number)) for number in range(lane * each, (lane + 1) * each))
            for lane in range(CLIENTS)
        ]

    def rate(visit: Callable[..., Any], after: Callable[[], None] = lambda: None) -> float:
        began = time.perf_counter()
        host.run(lanes(visit), gate.make(CLIENTS))
        after()
        return cycles / (time.perf_counter() - began)

    def judged() -> float:
        history = History()

        def judge() -> None:
            assert not list(CHECKER.check(history))
            overlaps.append(evidence(history).overlap / requests)

        return rate(partial(checked, history.record), judge)

    rounds = [(rate(unchecked), rate(partial(checked, History().record)), judged()) for _ in range(REPEATS)]
    plain, recorded, whole = (median(column) for column in zip(*rounds, strict=True))
    return {"unchecked": plain, "recorded": recorded, "judged": whole, "overlap": min(overlaps)}


def main() -> None:
    """Measure each host in a process of its own and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments.add_argument("--cycles", type=int, default=40_000, help="cycles of one measurement")
    arguments.add_argument("--only", choices=HOSTS, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.only:
        print(json.dumps(measure(asked.only, asked.cycles)))
        return
    found = {}
    for name in HOSTS:
        prefix = "from gevent import monkey; monkey.patch_all(); " if name == "greenlets" else ""
        code = f"{prefix}import sys; from bench.cycles import main; main()"
        command = [sys.executable, "-c", code, "--only", name, "--cycles", str(asked.cycles)]
        found[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)


def show(found: dict[str, dict[str, float]]) -> None:
    """Print the rates as a table, with the targets."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title="checked cycles a second: set, pause, read, release; 16 clients", title_justify="left", box=None
    )
    for column in ("host", "unchecked", "recorded", "judged", "cost", "overlap", "target", ""):
        table.add_column(column, justify="left" if column in ("host", "") else "right", no_wrap=True)
    for name, rates in found.items():
        met = rates["judged"] >= HOSTS[name]
        table.add_row(
            name,
            *(f"{rates[column]:,.0f}" for column in ("unchecked", "recorded", "judged")),
            f"× {rates['unchecked'] / rates['judged']:.2f}",
            f"{rates['overlap']:.0%}",
            f"{HOSTS[name]:,}",
            "met" if met else "NOT met",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
