"""The options of ``run`` and ``explore`` that choose cells."""

from collections.abc import Callable
from typing import Any

import click

MANY: dict[str, Any] = {"multiple": True, "metavar": "NAME"}
"""Of an option that may be given several times, each time with the name of a part."""


def cell_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose cells, and the seed."""
    options = [
        click.option(
            "--target", "targets", help="What is tested: mini (with Locals), a framework or a store.", **MANY
        ),
        click.option(
            "--local", "locals_", help="Local to test: a name, a glob, or package.module:Name.", **MANY
        ),
        click.option(
            "--host", "hosts", help="Units inside this process: threads, greenlets, tasks, …", **MANY
        ),
        click.option("--scenario", "scenarios", help="What is tried.", **MANY),
        click.option("--promise", help="What a bare Local keeps apart: thread,greenlet,task or none."),
        click.option(
            "--seed",
            type=int,
            default=1,
            show_default=True,
            help="Fixes what is drawn: tokens, pauses, orders.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command
