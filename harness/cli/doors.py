"""What all commands share: their exit codes, how a mistake of use is shown, and how a run is closed."""

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.core.errors import UserError

if TYPE_CHECKING:
    from harness.core.record import Run

OUT = Path("reports/out")
DONE, CANNOT, INTERRUPTED = 0, 2, 130


class Doors(click.Group):
    """Shows mistakes of use without a traceback and ends with the exit codes of the README."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a UserError ends with 2, and so does what nobody foresaw: 1 speaks of a promise."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            click.echo(f"ctxstress: {error}", err=True)
            ctx.exit(CANNOT)
        except KeyboardInterrupt:
            click.echo("ctxstress: interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception:
            traceback.print_exc()
            click.echo("ctxstress: a fault of its own; please report it with these lines", err=True)
            ctx.exit(CANNOT)


def close(done: "Run", page: Path, *, matrix: bool) -> None:
    from reports.text import console, print_closing, print_matrix

    out = console(sys.stdout)
    if matrix:
        print_matrix(done, out)
    print_closing(done, out, page)
