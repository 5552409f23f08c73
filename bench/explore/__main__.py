"""Rare interleavings, planted: how soon our explorer and its peers find each, and how fast they go."""

import sys
from datetime import datetime

import click

from bench.explore.corpus import FOLDER, case, chosen, names
from bench.explore.environment import CACHE, prepared
from bench.explore.results import closing, report
from bench.explore.running import run
from bench.explore.score import Row, detection, from_json, speed, to_json, totals
from bench.explore.tools import of_packages, tools
from harness.core.errors import UserError

ROWS = CACHE / "rows"


@click.command(help=__doc__)
@click.argument("cases", nargs=-1, metavar="[CASE]…")
@click.option(
    "--peers", default="", help="Packages to compare with, with commas between; all that there are."
)
@click.option("--only", default="", help="One package, or one of its strategies by the name in the tables.")
@click.option("--seeds", default=7, show_default=True, help="For a tool that draws.")
@click.option("--schedules", default=300, show_default=True, help="For each seed, at most.")
@click.option("--seconds", default=120.0, show_default=True, help="For each tool on each case, at most.")
@click.option("--write", is_flag=True, help="Write all that was measured here to bench/explore/results.md.")
def main(
    cases: tuple[str, ...], peers: str, only: str, seeds: int, schedules: int, seconds: float, write: bool
) -> None:
    """Run each tool on each case, print what came of it as it comes, and the totals at the end."""
    wanted = chosen(cases)
    compared = of_packages([one.strip() for one in peers.split(",") if one.strip()])
    if only:
        compared = tuple(tool for tool in compared if only in (tool.name, tool.package))
    commands = prepared()
    rows = []
    for name in wanted:
        for tool in compared:
            if case(name).unit not in tool.units:
                continue
            row = run(commands, tool, name, seeds, schedules, seconds)
            rows.append(row)
            _keep(row)
            said = f" – {row.stopped}" if row.stopped else ""
            click.echo(f"{name:32} {tool.name:24} {detection(row):28} {speed(row):>9}/s{said}")
    click.echo("\n" + totals(compared, rows))
    click.echo("\n" + "\n".join(closing(wanted, tuple(tools().values()), rows)))
    if write:
        today = datetime.now().astimezone().date()
        text = report(names(), tuple(tools().values()), _kept(), seeds, schedules, today)
        FOLDER.with_name("results.md").write_text(text, encoding="utf-8")


def _keep(row: Row) -> None:
    ROWS.mkdir(parents=True, exist_ok=True)
    place = ROWS / f"{row.case}.{row.tool.replace(' ', '-')}.json"
    place.write_text(to_json(row), encoding="utf-8")


def _kept() -> list[Row]:
    """Return what was measured last of each tool on each case that there still is."""
    known = [from_json(place.read_text("utf-8")) for place in sorted(ROWS.glob("*.json"))]
    return [row for row in known if row.case in names() and row.tool in tools()]


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
