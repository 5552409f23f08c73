"""``ctxstress run``: the matrix, or somebody's own app."""

import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from harness.apps.door import AppOption, app_options, asked_of
from harness.cli.doors import close
from harness.cli.matrix import asked_of_matrix, matrix_options
from harness.cli.reporting import Report, report_options
from harness.core.errors import UserError


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
@report_options
@click.option("-v", "--verbose", is_flag=True, help="A line for each cell, with what was seen.")
@click.pass_context
def run(
    ctx: click.Context, /, out: Path, as_json: bool, quiet: bool, verbose: bool, **choices: Any
) -> NoReturn:
    """Run the matrix: flood Locals under hosts and servers, and judge each cell. Or, with --app or --url, your own app.

    Exit code: 0 kept apart as promised, 1 mixed up, 2 something could not be told or done, 130 interrupted.
    """
    report = Report(out, as_json, quiet)
    if choices["app"] or choices["url"]:
        _run_app(ctx, report, choices)
    _refuse_app_options(ctx)
    asked, options = asked_of_matrix(choices)
    report.on_cells(
        ctx, asked, options, lambda done, page: close(done, page, matrix=not quiet), verbose=verbose
    )


def _refuse_app_options(ctx: click.Context) -> None:
    """Raise UserError for an option about an app where none is named; settings may have some for another run."""
    for param in ctx.command.params:
        given = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
        if given and isinstance(param, AppOption):
            raise UserError(
                f"{param.opts[0]} is about your own app, and says nothing about the matrix: name the app with --app "
                "or --url, or leave it out"
            )


def _run_app(ctx: click.Context, report: Report, choices: dict[str, Any]) -> NoReturn:
    from harness.apps.running import Running
    from harness.engine.job import Options
    from harness.progress import AppProgress
    from harness.runs import environment
    from reports.app_text import print_app
    from reports.text import console
    from reports.write import make_folder

    asked = asked_of(choices)
    make_folder(report.out)
    with AppProgress(quiet=report.silent) as progress:
        done = Running(asked, sys.argv[1:], environment(Options()), progress.tell).run()
    report.close(ctx, done, lambda page: print_app(done, console(sys.stdout), page))
