"""What ``run`` and ``explore`` share: where the report goes, what is said meanwhile and in the end, the exit code."""

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from harness.cli.doors import OUT

if TYPE_CHECKING:
    from harness.core.app_record import AppRun
    from harness.core.record import Run
    from harness.engine.job import Options
    from harness.selection import Asked


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where the report goes and how much is said."""
    options = [
        click.option(
            "--out",
            type=click.Path(file_okay=False, path_type=Path),
            default=OUT,
            show_default=True,
            help="Where the report goes.",
        ),
        click.option(
            "--json", "as_json", is_flag=True, help="Write the record to stdout, and nothing else there."
        ),
        click.option("-q", "--quiet", is_flag=True, help="Only the closing lines."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked of the report on a run."""

    out: Path
    as_json: bool
    quiet: bool

    @property
    def silent(self) -> bool:
        """Tell whether nothing is said of how the run goes on."""
        return self.quiet or self.as_json

    def on_cells(
        self,
        ctx: click.Context,
        asked: "Asked",
        options: "Options",
        say: "Callable[[Run, Path], None]",
        *,
        verbose: bool = False,
    ) -> NoReturn:
        """Run the chosen cells and close; ``say`` is given the run and its page."""
        from harness.progress import Progress
        from harness.runs import Recorder, execute
        from harness.selection import select
        from reports.write import make_folder

        selection = select(asked)
        make_folder(self.out)  # that nothing can be written there should be known before
        recorder = Recorder(selection, options, shlex.join(["ctxstress", *sys.argv[1:]]), asked)
        with Progress(len(selection.runnable), quiet=self.silent, verbose=verbose) as progress:
            done = execute(recorder, progress.tell, progress.say, progress.count)
        self.close(ctx, done, lambda page: say(done, page))

    def close(self, ctx: click.Context, done: "Run | AppRun", say: Callable[[Path], None]) -> NoReturn:
        """Write the report, say what the run came to, given its page, and end with its exit code."""
        from reports.write import write_record

        paths = write_record(done, self.out)
        if self.as_json:
            click.echo(paths.record.read_text(encoding="utf-8"))
        else:
            say(paths.page)
        ctx.exit(done.exit_code())
