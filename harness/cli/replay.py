"""``ctxstress replay``: runs the one schedule of a token again, or writes it down as a test."""

import subprocess
import sys
from pathlib import Path

import click

from harness.core.errors import UserError

GONE, THERE = 0, 1


@click.command()
@click.argument("token")
@click.option(
    "--write-test",
    "test",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a pytest file that fails until the mix-up is gone.",
)
@click.pass_context
def replay(ctx: click.Context, token: str, test: Path | None) -> None:
    """Run the schedule of a token again and show what it comes to.

    Exit code: 1 when the mix-up is still there, 0 when it is gone, 2 when the schedule cannot be run.
    """
    from harness.explorer.replaying import replay as run
    from harness.explorer.token import decode
    from harness.replayable import host_of, program_of
    from reports.explored_text import print_replayed
    from reports.text import console

    asked = decode(token)
    if asked.reference.startswith("test:"):
        if test is not None:
            raise UserError(
                f"the schedule is one of {asked.reference.removeprefix('test:')}, a test already: keep that"
            )
        ctx.exit(_by_pytest(asked.reference.removeprefix("test:"), token))
    done = run(program_of(asked), host_of(asked), asked)
    print_replayed(done.explanation, done.missed, console(sys.stdout))
    if test is not None and done.explanation is not None:
        from harness.explorer.written_test import write_test

        write_test(token, done.explanation, test)
        click.echo(f"written: {test}")
    ctx.exit(GONE if done.mixup is None else THERE)


def _by_pytest(name: str, token: str) -> int:
    """Replay a schedule of callables that live in a test, by that test."""
    words = [sys.executable, "-m", "pytest", name, "--ctxstress-replay", token, "-p", "no:xdist", "-q"]
    return subprocess.run(words, check=False).returncode
