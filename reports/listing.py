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
    "controlled": "controlled hosts",
    "strategy": "strategies",
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


def print_doctor(
    environment: Mapping[str, str],
    parts: Iterable[tuple[str, str, str, str]],
    extras: Iterable[tuple[str, Iterable[str], Iterable[str]]],
    missing: Iterable[str],
) -> None:
    """Print what a run would stand on, and the commands that install what is missing.

    Of each part: its kind and name, its package, and the command that installs that; of each extra: its name, and
    which of its packages are installed and which are not.
    """
    console = Console(highlight=False, markup=False)
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for kind, name, package, command in parts:
        by_kind.setdefault(kind, []).append((name, command or package or "the standard library"))
    for_extras = [
        (name, ", ".join([*present, *(f"{each} (missing)" for each in absent)]))
        for name, present, absent in extras
    ]
    for rows, title in (
        (list(environment.items()), ""),
        *((rows, TITLES[kind]) for kind, rows in by_kind.items()),
        (for_extras, "extras: what pip install 'ctxstress[NAME]' installs"),
    ):
        table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(name, value)
        console.print(table)
        console.print()
    lacking = list(missing)
    for sentence in lacking:
        console.print(f"missing: {sentence}")
    if not lacking:
        console.print("Nothing is missing: every Local, host and server can be run.")
