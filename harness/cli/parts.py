"""``ctxstress list``, ``doctor`` and ``trace``: what there is, what is installed, and how a Local goes about it."""

from typing import Any

import click


@click.command("list")
@click.argument(
    "kind",
    required=False,
    type=click.Choice(
        ["local", "target", "host", "server", "scenario", "gate", "checker", "controlled", "strategy"]
    ),
)
def list_parts(kind: str | None) -> None:
    """Show the Locals, targets, hosts, servers, scenarios, gates, checkers, controlled hosts and strategies."""
    from harness.catalog import ROOMS, entries
    from reports.listing import print_parts

    for each in [kind] if kind else ROOMS:
        print_parts(each, [(entry.name, _sentence(entry.part), entry.missing) for entry in entries(each)])


def _sentence(part: Any) -> str:
    return str(getattr(part, "claim", None) or part.summary)


@click.command()
def doctor() -> None:
    """Show what is installed, and what installs the rest."""
    from harness.catalog import ROOMS, entries
    from harness.engine.job import Options
    from harness.installed import extras, standings
    from harness.runs import environment
    from reports.listing import print_doctor

    print_doctor(
        environment(Options()),
        [(each.kind, each.name, each.package, each.command) for each in standings()],
        [(each.name, each.present, each.absent) for each in extras()],
        [entry.missing for kind in ROOMS for entry in entries(kind) if entry.missing],
    )


@click.command()
@click.option(
    "--local",
    "local",
    default="thread_ident",
    show_default=True,
    metavar="NAME",
    help="The Local to look into.",
)
@click.option(
    "--unit",
    type=click.Choice(["thread", "greenlet", "task"]),
    default="greenlet",
    show_default=True,
    help="What the two requests run on.",
)
def trace(local: str, unit: str) -> None:
    """Walk two interleaved requests through the lifecycle and show the Local's storage after each phase."""
    from harness.catalog import choose_one
    from harness.engine.trace import walk
    from localimpl import Unit
    from reports.trace import print_trace

    print_trace(walk(choose_one("local", local).part, Unit(unit)))
