"""``ctxstress explore``: searches the schedules of cells under a controlled scheduler."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.doors import OUT

if TYPE_CHECKING:
    from harness.engine.job import Explore

OVERHEAD = 20.0
"""Seconds that a cell may take beside its search."""
MANY: dict[str, Any] = {"multiple": True, "metavar": "NAME"}


def _bound(ctx: click.Context, param: click.Parameter, value: str) -> int | None:
    """Read a number of preemptions, or ``none``."""
    if value == "none":
        return None
    if not value.isdecimal():
        raise click.BadParameter(f"{value!r} is neither a number of preemptions nor 'none'")
    return int(value)


@click.command()
@click.option("--local", "locals_", help="Local to explore: a name, a glob, or package.module:Name.", **MANY)
@click.option("--target", "targets", help="What is tested: mini (with Locals), or a framework.", **MANY)
@click.option("--host", "hosts", help="Units inside this process: threads, greenlets, tasks.", **MANY)
@click.option("--scenario", "scenarios", help="What is tried.", **MANY)
@click.option("--promise", help="What a bare Local keeps apart: thread,greenlet,task or none.")
@click.option(
    "--bound", callback=_bound, default="2", show_default=True, help="The most preemptions, or none."
)
@click.option("--strategy", default="preemption_bounded", show_default=True, help="Who goes next.")
@click.option(
    "--watch",
    "files",
    multiple=True,
    metavar="FILE",
    help="Source whose instructions are switch points of threads, beside the Local's own.",
)
@click.option("--no-reduce", is_flag=True, help="Run equivalent schedules as well.")
@click.option("--requests", type=click.IntRange(2, 8), default=3, show_default=True, help="On two units.")
@click.option(
    "--time", "seconds", type=click.FloatRange(0.01), default=10.0, show_default=True, help="Seconds a cell."
)
@click.option(
    "--schedules", type=click.IntRange(1), default=20_000, show_default=True, help="Schedules a cell."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Fixes tokens and random strategies.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default=True,
    help="Where the report goes.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the record to stdout, and nothing else there.")
@click.option("-q", "--quiet", is_flag=True, help="Only the closing lines.")
@click.pass_context
def explore(ctx: click.Context, /, out: Path, as_json: bool, quiet: bool, **choices: Any) -> None:
    """Search the interleavings of a few requests: find a mix-up, replay it, or say up to which bound there is none.

    Exit code: as `ctxstress run`.
    """
    from harness.engine.job import Options
    from harness.progress import Progress
    from harness.runs import Recorder, execute
    from harness.selection import Asked, select
    from reports.explored_text import print_explored
    from reports.text import console
    from reports.write import make_folder, write_all

    asked = Asked(
        targets=choices["targets"],
        locals=choices["locals_"],
        hosts=choices["hosts"] or ("threads", "greenlets", "tasks"),
        scenarios=choices["scenarios"] or _usual_scenarios(),
        promise=choices["promise"],
    )
    options = Options(
        seed=choices["seed"], flood=False, explore=_asked(choices), time_limit=choices["seconds"] + OVERHEAD
    )
    selection = select(asked)
    make_folder(out)
    recorder = Recorder(selection, options, shlex.join(["ctxstress", *sys.argv[1:]]), asked)
    with Progress(len(selection.runnable), quiet=quiet or as_json, verbose=False) as progress:
        done = execute(recorder, progress.tell)
    paths = write_all(done, out)
    if as_json:
        click.echo(paths.record.read_text(encoding="utf-8"))
    else:
        print_explored(done, console(sys.stdout), paths.page, witnesses=not quiet)
    ctx.exit(done.exit_code())


def _usual_scenarios() -> tuple[str, ...]:
    """Return the scenarios for which a handful of requests is enough."""
    from harness.catalog import entries

    return tuple(entry.name for entry in entries("scenario") if entry.part.few_suffice)


def _asked(choices: dict[str, Any]) -> "Explore":
    from harness.catalog import choose
    from harness.engine.job import Explore

    return Explore(
        bound=choices["bound"],
        strategy=choose("strategy", [choices["strategy"]])[0].path,
        schedules=choices["schedules"],
        seconds=choices["seconds"],
        files=tuple(choices["files"]),
        requests=choices["requests"],
        reduce=not choices["no_reduce"],
    )
