"""``ctxstress run``: the matrix, or somebody's own app."""

import shlex
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from harness.apps.door import AppOption, app_options, asked_of
from harness.cli.doors import OUT, close
from harness.cli.matrix import asked_of_matrix, matrix_options


class Run(click.Command):
    """Shows the options of the matrix, of one's own app and of the report under headings of their own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, by what they are about."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            line = param.get_help_record(ctx)
            if line is not None:
                sections.setdefault(self._section(param), []).append(line)
        for name, lines in sections.items():
            with formatter.section(name):
                formatter.write_dl(lines)

    def _section(self, param: click.Parameter) -> str:
        if isinstance(param, AppOption):
            return "Your own app"
        last = param.is_eager or param.name in ("out", "as_json", "quiet", "verbose")
        return "Report" if last else "Matrix"


@click.command(cls=Run)
@matrix_options
@app_options
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default=True,
    help="Where the report goes.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the record to stdout, and nothing else there.")
@click.option("-q", "--quiet", is_flag=True, help="Only the closing lines.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each cell, with what was seen.")
@click.pass_context
def run(ctx: click.Context, /, out: Path, as_json: bool, quiet: bool, verbose: bool, **choices: Any) -> None:
    """Run the matrix: flood Locals under hosts and servers, and judge each cell. Or, with --app or --url, your own app.

    Exit code: 0 kept apart as promised, 1 mixed up, 2 something could not be told or done, 130 interrupted.
    """
    if choices["app"] or choices["url"]:
        _run_app(ctx, out, choices, as_json=as_json, quiet=quiet)
    from harness.progress import Progress
    from harness.runs import Recorder, execute
    from harness.selection import select
    from reports.write import make_folder, write_all

    asked, options = asked_of_matrix(choices)
    selection = select(asked)
    make_folder(out)  # that nothing can be written there should be known before
    recorder = Recorder(selection, options, shlex.join(["ctxstress", *sys.argv[1:]]), asked)
    with Progress(len(selection.runnable), quiet=quiet or as_json, verbose=verbose) as progress:
        done = execute(recorder, progress.tell)
    paths = write_all(done, out)
    if as_json:
        click.echo(paths.record.read_text(encoding="utf-8"))
    else:
        close(done, paths.page, matrix=not quiet)
    ctx.exit(done.exit_code())


def _run_app(
    ctx: click.Context, out: Path, choices: dict[str, Any], *, as_json: bool, quiet: bool
) -> NoReturn:
    from harness.apps.running import Running
    from harness.engine.job import Options
    from harness.progress import AppProgress
    from harness.runs import environment
    from reports.app_text import print_app
    from reports.text import console
    from reports.write import make_folder, write_app

    asked = asked_of(choices)
    make_folder(out)
    with AppProgress(quiet=quiet or as_json) as progress:
        done = Running(asked, sys.argv[1:], environment(Options()), progress.tell).run()
    paths = write_app(done, out)
    if as_json:
        click.echo(paths.record.read_text(encoding="utf-8"))
    else:
        print_app(done, console(sys.stdout), paths.page)
    ctx.exit(done.exit_code())
