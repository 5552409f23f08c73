"""The options that choose cells of the matrix and say how hard to press them, and what they ask for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from harness.cli.cells import MANY, cell_options

if TYPE_CHECKING:
    from harness.engine.job import Options
    from harness.selection import Asked

EXPLORED = 2.0
"""Seconds after which the exploration of a cell that was flooded ends, however few its schedules."""


def matrix_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose cells and say how hard to press them."""
    options = [
        click.option(
            "--matrix",
            type=click.Choice(["default", "world"]),
            default="default",
            show_default=True,
            help="Locals, or all frameworks, stores and servers.",
        ),
        click.option("--server", "servers", help="Real HTTP server in a process of its own.", **MANY),
        click.option(
            "--requests",
            type=click.IntRange(1),
            help="Requests of a cell.  [200; over HTTP 100; of an app 12000]",
        ),
        click.option("--clients", type=click.IntRange(1, 256), help="Clients at once.  [8; of an app 16]"),
        click.option(
            "--gate",
            default="jitter",
            show_default=True,
            help="How requests pause: once, jitter, rendezvous.",
        ),
        click.option(
            "--switch-interval",
            type=click.FloatRange(1e-7, 10),
            help="Seconds after which CPython may switch threads.  [1e-06; in an app 1e-05]",
        ),
        click.option(
            "--explore",
            type=click.IntRange(0),
            default=20,
            show_default=True,
            metavar="SCHEDULES",
            help="Interleavings of each cell on a host that are tried after the flood; 0 for none.",
        ),
        click.option("--redis-url", help="A Redis server for session stores.  [a Valkey of our own]"),
        click.option(
            "--sql-url", help="A database for session stores, as SQLAlchemy writes it.  [an SQLite file]"
        ),
        click.option(
            "--time-limit",
            type=click.FloatRange(0.5),
            default=20.0,
            show_default=True,
            help="Seconds after which a cell is ended.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return cell_options(command)


def asked_of_matrix(choices: dict[str, Any]) -> "tuple[Asked, Options]":
    """Turn the options of the command line into what is asked for and how hard to press."""
    import os

    from harness.core.feasibility import Feasibility
    from harness.engine.job import Explore, Options
    from harness.framework.sessions.places import REDIS_URL, SQL_URL
    from harness.selection import Asked

    asked = Asked(
        matrix=choices["matrix"],
        targets=choices["targets"],
        locals=choices["locals_"],
        hosts=choices["hosts"],
        servers=choices["servers"],
        scenarios=choices["scenarios"],
        promise=choices["promise"],
        gate=choices["gate"],
    )
    for name, variable in ((choices["redis_url"], REDIS_URL), (choices["sql_url"], SQL_URL)):
        if name:
            os.environ[variable] = name  # for the servers' processes
    names = ("clients", "seed", "switch_interval", "time_limit", "redis_url", "sql_url")
    hard = {name: choices[name] for name in names if choices[name] is not None}
    if choices["requests"]:
        hard |= {"requests": choices["requests"], "http_requests": choices["requests"]}
    if choices["explore"]:
        hard["explore"] = Explore(schedules=choices["explore"], seconds=EXPLORED, level=Feasibility.JITTER)
    return asked, Options(**hard)
