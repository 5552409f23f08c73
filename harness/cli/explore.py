"""``ctxstress explore``: searches the schedules of cells under a controlled scheduler."""

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from harness.cli.cells import cell_options
from harness.cli.reporting import Report, report_options
from harness.core.errors import UserError
from harness.engine.job import Explore, Options

USUAL = Explore()


def _bound(ctx: click.Context, param: click.Parameter, value: str) -> int | None:
    """Read a number of preemptions, or ``none``."""
    if value == "none":
        return None
    if not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither a number of preemptions nor 'none'")
    return int(value)


@click.command()
@cell_options
@click.option(
    "--bound",
    callback=_bound,
    default=str(USUAL.bound),
    show_default=True,
    help="The most preemptions, or none.",
)
@click.option("--strategy", default="preemption_bounded", show_default=True, help="Who goes next.")
@click.option(
    "--watch",
    "files",
    multiple=True,
    metavar="FILE",
    help="Source whose instructions are switch points of threads, beside the Local's own and, at one preemption, the "
    "framework's.",
)
@click.option("--no-reduce", is_flag=True, help="Run equivalent schedules as well.")
@click.option(
    "--requests",
    type=click.IntRange(2, 8),
    default=USUAL.requests,
    show_default=True,
    help="Requests of a cell, on two units.",
)
@click.option(
    "--time",
    "seconds",
    type=click.FloatRange(0.01),
    default=USUAL.seconds,
    show_default=True,
    help="Seconds a cell.",
)
@click.option(
    "--schedules",
    type=click.IntRange(1),
    default=USUAL.schedules,
    show_default=True,
    help="Schedules a cell.",
)
@report_options
@click.pass_context
def explore(ctx: click.Context, /, out: Path, as_json: bool, quiet: bool, **choices: Any) -> NoReturn:
    """Search the interleavings of a few requests: find a mix-up, replay it, or say up to which bound there is none.

    Exit code: as `ctxstress run`.
    """
    from harness.selection import Asked
    from reports.explored_text import print_explored
    from reports.text import console

    asked = Asked(
        targets=choices["targets"],
        locals=choices["locals_"],
        hosts=_hosts(choices["hosts"]),
        scenarios=choices["scenarios"] or _usual_scenarios(),
        promise=choices["promise"],
    )
    Report(out, as_json, quiet).on_cells(
        ctx,
        asked,
        Options(seed=choices["seed"]).exploring(_asked(choices)),
        lambda done, page: print_explored(done, console(sys.stdout), page, witnesses=not quiet),
    )


def _hosts(asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the hosts that were asked for and that a controlled one stands for; as a rule one of each unit."""
    from harness.catalog import choose, controlled_for, entries
    from localimpl import Unit

    if not asked:
        return tuple(name for unit in Unit for name in controlled_for(unit).part.stands_for)
    stood_for = [name for entry in entries("controlled") for name in entry.part.stands_for]
    found = [entry for entry in choose("host", asked) if entry.name in stood_for]
    if not found:
        raise UserError(
            f"the schedules of --host {' '.join(asked)} cannot be searched, for no controlled host stands for it; "
            f"there are: {', '.join(sorted(stood_for))}"
        )
    return tuple(entry.name for entry in found)


def _usual_scenarios() -> tuple[str, ...]:
    """Return the scenarios for which a handful of requests is enough."""
    from harness.catalog import entries

    return tuple(entry.name for entry in entries("scenario") if entry.part.few_suffice)


def _asked(choices: dict[str, Any]) -> Explore:
    from harness.catalog import choose_one
    from harness.explorer.watched import watched

    return Explore(
        bound=choices["bound"],
        strategy=choose_one("strategy", choices["strategy"]).path,
        schedules=choices["schedules"],
        seconds=choices["seconds"],
        files=watched(choices["files"]),
        requests=choices["requests"],
        reduce=not choices["no_reduce"],
    )
