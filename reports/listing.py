"""Shows in a terminal which parts there are and what is installed."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

TITLES = {
    "local": "Locals",
    "host": "hosts, in this process",
    "server": "servers, each in a process of its own",
    "gate": "gates: how a request pauses",
    "checker": "checkers",
    "scenario": "scenarios",
    "target": "targets",
}


def print_parts(kind: str, parts: Iterable[tuple[str, str, str]]) -> None:
    """Print (name, sentence, what is missing) of each part of a kind as a table."""
    table = Table(title=TITLES[kind], title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, sentence, missing in parts:
        lacks = f"\n[yellow]{escape(missing)}[/]" if missing else ""
        table.add_row(escape(name), escape(sentence) + lacks)
    console = Console(highlight=False)
    console.print(table)
    console.print()


def print_doctor(environment: Mapping[str, str], missing: Iterable[str]) -> None:
    """Print what a run would stand on, and the commands that install what is missing."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in environment.items():
        table.add_row(name, value)
    console = Console(highlight=False, markup=False)
    console.print(table)
    console.print()
    lacking = list(missing)
    for sentence in lacking:
        console.print(f"missing: {sentence}")
    if not lacking:
        console.print("Nothing is missing: every Local, host and server can be run.")
