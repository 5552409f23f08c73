"""``ctxstress recheck``, ``report`` and ``compare``: what is done with runs that are stored."""

import sys
from pathlib import Path

import click

from harness.cli.doors import DONE, OUT, close


@click.command()
@click.argument("source", metavar="RUN", type=click.Path(path_type=Path), default=OUT)
@click.pass_context
def recheck(ctx: click.Context, /, source: Path) -> None:
    """Judge a stored run again with today's checkers; RUN is a run.json or its directory."""
    from harness.catalog import entries
    from harness.core.record import read_run
    from harness.engine.recheck import recheck as judge_again
    from reports.compare import compare

    before = read_run(source)
    checkers = [entry.part for entry in entries("checker")]
    after = judge_again(before, checkers, {entry.path: entry.part for entry in entries("scenario")})
    click.echo(compare(before, after).text())
    ctx.exit(after.exit_code())


@click.command()
@click.argument("source", metavar="RUN", type=click.Path(path_type=Path), default=OUT)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where the report goes.  [beside RUN]"
)
def report(source: Path, out: Path | None) -> None:
    """Write the page of a stored run again, of the matrix or of an app."""
    from harness.core.app_record import AppRun, read_record
    from reports.app_text import print_app
    from reports.text import console
    from reports.write import write_record

    stored = read_record(source)
    paths = write_record(stored, out or (source if source.is_dir() else source.parent))
    if isinstance(stored, AppRun):
        print_app(stored, console(sys.stdout), paths.page)
    else:
        close(stored, paths.page, matrix=True)


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.pass_context
def compare(ctx: click.Context, /, before: Path, after: Path) -> None:
    """Show what changed from one run to another; exits with 1 when something got worse."""
    from harness.core.app_record import read_record
    from reports.app_compare import compare_records

    found = compare_records(read_record(before), read_record(after))
    click.echo(found.text())
    ctx.exit(1 if found.worse else DONE)
