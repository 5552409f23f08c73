"""The command line; thin, for the work is done in the rooms."""

import sys
from pathlib import Path

import click

from harness.cli.doors import Doors
from harness.cli.explore import explore
from harness.cli.parts import doctor, list_parts, trace
from harness.cli.replay import replay
from harness.cli.run import run
from harness.cli.settings import settings
from harness.cli.stored import compare, recheck, report


@click.group(cls=Doors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ctxstress")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Stress-test whether requests served at once keep what belongs to them apart."""
    # As with `python -m`: what an import string names may lie in this directory.
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    if ctx.invoked_subcommand == "run":
        ctx.default_map = {"run": settings(run)}


for command in (run, explore, replay, list_parts, doctor, recheck, report, compare, trace):
    main.add_command(command)
