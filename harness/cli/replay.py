"""``ctxstress replay``: runs the one schedule of a token again, or writes it down as a test."""

import subprocess
import sys
from pathlib import Path

import click

from harness.cli.doors import CANNOT, INTERRUPTED
from harness.core.errors import UserError
from harness.core.verdict import Outcome

GONE, THERE = 0, 1
CODES = {Outcome.MIXED: THERE, Outcome.ISOLATED: GONE, Outcome.INCONCLUSIVE: CANNOT}


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

    Where the code has changed so that it cannot be followed any more, all schedules that are no harder to come by are
    searched instead.

    Exit code: 1 when the mix-up is still there, 0 when it is gone, 2 when nothing can be told, 130 interrupted.
    """
    from harness.explorer.references import test_of
    from harness.explorer.token import decode
    from harness.explorer.written_test import check_path, write_test
    from harness.replayable import run_again
    from reports.explored_text import print_exploration, print_replayed
    from reports.text import console

    if name := test_of(decode(token).reference):
        if test is not None:
            raise UserError(f"the schedule is one of {name}, which is a test already: keep that")
        ctx.exit(_by_pytest(name, token))
    if test is not None:
        check_path(test)
    done = run_again(token)
    out = console(sys.stdout)
    print_replayed(done.explanation, done.missed, out)
    told, code = done.explanation, THERE if done.explanation else GONE
    if found := done.instead:
        print_exploration(found, out)
        told = found.explanation
        code = INTERRUPTED if found.interrupted else CODES[found.outcome]
    if test is not None:
        if told is None:
            raise UserError(f"{test} is not written: it would be the test of a mix-up, and none was found")
        write_test(told.token or token, told, test)
        click.echo(f"written: {test}")
    ctx.exit(code)


def _by_pytest(name: str, token: str) -> int:
    """Replay a schedule of callables that live in a test, by that test."""
    from harness.explorer.references import as_called

    here, file = Path.cwd(), name.partition("::")[0]
    root = next((each for each in (here, *here.parents) if (each / file).is_file()), None)
    if root is None:
        raise UserError(
            f"the schedule is one of the test {name}, and there is no {file} in {here}, nor above it: go to the "
            "directory that pytest shows as its rootdir"
        )
    test = as_called(name, root, here)
    words = [sys.executable, "-m", "pytest", test, "--ctxstress-replay", token, "-p", "no:xdist", "-q"]
    code = subprocess.run(words, check=False).returncode
    return code if code in (GONE, THERE) else CANNOT
