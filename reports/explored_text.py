"""Writes what explorations came to for a terminal: a line for each cell, the interleavings that prove mix-ups."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.exploration import Explanation, Exploration
from harness.core.record import CellResult, Run
from harness.core.verdict import Grade
from reports.explained_text import print_explanation
from reports.matrix import attention, standing
from reports.sentences import searched
from reports.text import STYLES, print_closing
from reports.words import plural

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 100
MOST_SHOWN = 3
"""The most interleavings that are printed in full; the page has all."""


def print_explored(run: Run, out: "Console", page: Path, *, witnesses: bool) -> None:
    """Print each cell's line, the first interleavings, and the closing lines of a run."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for result in run.cells:
        if result.explored is not None:
            which = standing(result)
            table.add_row(
                f"[{STYLES[which]}]{which}[/]",
                f"[bold]{escape(result.cell.id)}[/]\n{escape(searched(result.explored))}",
            )
    if witnesses:
        out.print(table)
        for result in worst_first(run)[:MOST_SHOWN]:
            assert result.explored is not None
            out.print(f"\n[bold]{escape(result.cell.id)}[/]")
            print_exploration(result.explored, out)
        left = len(worst_first(run)) - MOST_SHOWN
        if left > 0:
            out.print(f"\n{plural(left, 'more interleaving')} on the page, or with --local and --scenario.")
        if attention(run):
            out.print()
    print_closing(run, out, page)


def worst_first(run: Run) -> list[CellResult]:
    """Return the cells of which an interleaving is known, broken promises before what was to be expected."""
    found = [
        each for each in run.cells if each.explored is not None and each.explored.explanation is not None
    ]
    return sorted(found, key=lambda each: each.grade is not Grade.BROKEN)


def print_exploration(found: Exploration, out: "Console") -> None:
    """Print what a search came to, with its interleaving if it has one."""
    out.print(searched(found), markup=False)
    if found.explanation is not None:
        out.print()
        print_explanation(found.explanation, out)


def told(found: Exploration) -> str:
    """Return the same as plain text, with the command that repeats the search."""
    from rich.console import Console

    file = io.StringIO()
    print_exploration(found, Console(file=file, width=WIDEST, color_system=None, force_terminal=False))
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    return "\n".join([*lines, *([f"repeat: {found.repeat}"] if found.repeat else [])])


def print_replayed(explanation: Explanation | None, missed: int, out: "Console") -> None:
    """Print what a schedule came to when it was run again; ``missed`` of its switches were never come to."""
    if explanation is not None:
        print_explanation(explanation, out)
        return
    if missed:
        out.print(
            f"The schedule cannot be followed any more: {missed} of its switches never came, for the code "
            "has changed. All schedules that are no harder to come by were searched instead."
        )
    else:
        out.print("The mix-up is gone: the same schedule came to nothing wrong.")
