"""Rare interleavings, planted: how soon our explorer and its peers find each, and how fast they go."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from bench.explore.corpus import FOLDER, case, chosen, names
from bench.explore.environment import CACHE, prepared
from bench.explore.results import closing, report
from bench.explore.running import paces, run
from bench.explore.score import Pace, Paces, Row, detection, from_json, speed, to_json, totals
from bench.explore.search import Tool
from bench.explore.tools import of_packages, tools
from harness.core.errors import UserError

FOUND = CACHE / "found"
PACES = CACHE / "paces"


@click.command(help=__doc__)
@click.argument("cases", nargs=-1, metavar="[CASE]…")
@click.option(
    "--peers", default="", help="Packages to compare with, with commas between; all that there are."
)
@click.option("--only", default="", help="One package, or one of its strategies by the name in the tables.")
@click.option("--seeds", default=7, show_default=True, help="For a tool that draws.")
@click.option("--schedules", default=300, show_default=True, help="For each seed, at most.")
@click.option("--seconds", default=120.0, show_default=True, help="For each tool on each case, at most.")
@click.option("--go-on", is_flag=True, help="Leave out what is kept of an earlier run.")
@click.option("--write", is_flag=True, help="Write all that is kept to bench/explore/results.md.")
def main(
    cases: tuple[str, ...],
    peers: str,
    only: str,
    seeds: int,
    schedules: int,
    seconds: float,
    go_on: bool,
    write: bool,
) -> None:
    """Run each tool on each case, print what came of it as it comes, and the totals at the end."""
    wanted = chosen(cases)
    compared = of_packages([one.strip() for one in peers.split(",") if one.strip()])
    if only:
        compared = tuple(tool for tool in compared if only in (tool.name, tool.package))
    commands = prepared()
    for name in wanted:
        able = [tool for tool in compared if case(name).unit in tool.units]
        for tool in able:
            if go_on and _row_file(name, tool).exists():
                continue
            row = run(commands, tool, name, seeds, schedules, seconds)
            _keep(_row_file(name, tool), to_json(row))
            said = f" – {row.stopped}" if row.stopped else ""
            click.echo(f"{name:32} {tool.name:24} {detection(row):28}{said}")
        if not (go_on and _paces_file(name).exists()):
            _time(commands, name, able, schedules)
    every = tuple(tools().values())
    rows = [row for row in _kept() if row.case in wanted and row.tool in {tool.name for tool in compared}]
    click.echo("\n" + totals(compared, rows))
    click.echo("\n" + "\n\n".join(closing(wanted, every, rows, _kept_paces())))
    if write:
        today = datetime.now().astimezone().date()
        text = report(names(), every, _kept(), _kept_paces(), seeds, schedules, today)
        FOLDER.with_name("results.md").write_text(text, encoding="utf-8")


def _time(commands: Path, name: str, able: Sequence[Tool], schedules: int) -> None:
    """Time those that went through the fixed form of a case without a finding."""
    clean = {row.tool for row in _kept() if row.case == name and row.fixed and not row.fixed.found}
    timed = paces(commands, [tool for tool in able if tool.name in clean], name, schedules)
    _keep(_paces_file(name), json.dumps({tool: asdict(pace) for tool, pace in timed.items()}))
    for tool, pace in timed.items():
        click.echo(f"{name:32} {tool:24} {speed(pace)} schedules/s")


def _row_file(name: str, tool: Tool) -> Path:
    return FOUND / f"{name}.{tool.name.replace(' ', '-')}.json"


def _paces_file(name: str) -> Path:
    return PACES / f"{name}.json"


def _keep(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def _kept() -> list[Row]:
    """Return what was measured last of each tool on each case that there still is."""
    known = [from_json(place.read_text("utf-8")) for place in sorted(FOUND.glob("*.json"))]
    return [row for row in known if row.case in names() and row.tool in tools()]


def _kept_paces() -> Paces:
    """Return what was timed last of each case: all its tools in one run."""
    files = {name: place for name in names() if (place := _paces_file(name)).exists()}
    return {
        name: {tool: Pace(**said) for tool, said in json.loads(place.read_text("utf-8")).items()}
        for name, place in files.items()
    }


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
