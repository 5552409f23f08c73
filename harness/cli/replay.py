"""``ctxstress replay``: runs the one schedule of a token again, or writes it down as a test."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.core.control import ControlledHost, Program
    from harness.explorer.token import Token

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
    from reports.explored_text import print_replayed
    from reports.text import console

    asked = decode(token)
    if asked.reference.startswith("test:"):
        ctx.exit(_by_pytest(asked.reference.removeprefix("test:"), token))
    done = run(_program(asked), _host(asked), asked)
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


def _program(token: "Token") -> "Program":
    from harness.catalog import entries
    from harness.engine.cell_program import find_program
    from harness.explorer.references import find

    checkers = [entry.part for entry in entries("checker")]
    return find(token.reference, {"cell": lambda reference: find_program(reference, checkers, token.seed)})


def _host(token: "Token") -> "ControlledHost":
    from harness.catalog import choose

    host: ControlledHost = choose("controlled", [token.host])[0].part
    return host
