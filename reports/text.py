"""Prints a run on a terminal: the matrix as tables that fit, the cells to look at, and the closing lines."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from harness.core.record import CellResult, Ending, Part, Run
from harness.core.verdict import Outcome
from reports.lanes_text import witness_text
from reports.matrix import Matrix, Row, arrange, attention, standing
from reports.sentences import saw
from reports.verdict import verdict
from reports.words import SYMBOLS, Standing, plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDEST = 100
MOST_LISTED = 10
STYLES = {
    Standing.BROKEN: "bold white on red",
    Standing.MISSED: "bold white on magenta",
    Standing.CRASHED: "bold yellow",
    Standing.HUNG: "bold yellow",
    Standing.UNPROVEN: "yellow",
    Standing.NOT_RUN: "yellow",
    Standing.CAUGHT: "blue",
    Standing.KEPT: "green",
    Standing.UNPROMISED: "dim",
    Standing.NOT_APPLICABLE: "dim",
}


def console(file: IO[str], width: int | None = None) -> "Console":
    """Return a console on ``file`` of at most 100 columns, without colour where NO_COLOR says so or no terminal is."""
    from rich.console import Console

    made = Console(
        file=file, width=width, highlight=False, no_color=bool(os.environ.get("NO_COLOR")), soft_wrap=False
    )
    made.width = min(WIDEST, made.width if made.is_terminal or width else WIDEST)
    return made


def print_matrix(run: Run, out: "Console") -> None:
    """Print the matrix, over several tables where the columns do not fit beside each other."""
    matrix = arrange(run)
    for places in _columns(matrix, out):
        out.print(_table(matrix, places, out))


def print_closing(run: Run, out: "Console", page: Path | None = None) -> None:
    """Print what must be looked at, the verdict, where the page is, and the command that repeats the worst cell."""
    found = attention(run)
    for result in found[:MOST_LISTED]:
        which = standing(result)
        out.print(f"[{STYLES[which]}]{_word(which, out)}[/] {_plain(f'{result.cell.id}: {saw(result)}')}")
    if len(found) > MOST_LISTED:
        out.print(f"… and {plural(len(found) - MOST_LISTED, 'more cell')} to look at")
    if found:
        print_witness(found[0], out)
        print_ending(found[0], out)
    for note in run.notes:
        out.print(f"[dim]note: {_plain(note)}[/]")
    said = verdict(run)
    out.print()
    out.print(f"[{'bold green' if said.good else 'bold red'}]{_plain(said.sentence)}[/]")
    for sentence in said.beside:
        out.print(_plain(sentence))
    # Paths and commands are to be copied, so they are never folded.
    if page is not None:
        out.print(f"page:   {_plain(str(page))}", soft_wrap=True)
    if found and found[0].repeat:
        out.print(f"repeat: {_plain(found[0].repeat)}", soft_wrap=True)


def print_witness(result: CellResult, out: "Console") -> None:
    """Print the first proven mix-up of a cell as lanes."""
    proven = next((sample for sample in result.samples if sample.witness), None)
    if result.outcome is Outcome.MIXED and proven:
        out.print()
        out.print(_plain(witness_text(proven, out.width)))


def print_ending(result: CellResult, out: "Console") -> None:
    """Print what is known of a cell that hung or crashed: what proves it, where it stood, and its last words."""
    if result.ending is not Ending.JUDGED:
        if result.explored is not None and (proof := result.explored.explanation) is not None:
            out.print(f"  {_plain(proof.kind)}: {_plain(proof.sentence)}", soft_wrap=True)
        for line in (*result.hung_at[:MOST_LISTED], *result.log.splitlines()):
            out.print(f"  {_plain(line)}", soft_wrap=True)


def _plain(text: str) -> str:
    """Keep brackets from being read as styles."""
    from rich.markup import escape

    return escape(text)


def _word(which: Standing, out: "Console") -> str:
    """Return symbol and word; on a terminal that cannot show the symbols, the word alone."""
    return f"{SYMBOLS[which]} {which}" if out.encoding.lower().startswith("utf") else str(which)


def _cell(row: Row, column: int, out: "Console") -> str:
    square = row.squares[column]
    if square is None:
        return ""
    if square.worst is Standing.NOT_APPLICABLE:
        return square.summary()
    if square.worst is Standing.UNPROMISED:
        number, seen = square.summary().split()
        return f"{_word(square.worst, out).removesuffix(square.worst)}{seen} {number}"
    return f"{_word(square.worst, out)} {square.summary().removesuffix(' mixed').replace(' of ', '/')}"


def _columns(matrix: Matrix, out: "Console") -> list[list[int]]:
    """Divide the columns into tables that fit, hosts and servers apart where one table is too wide."""
    names = max((len(row.subject.name) for row in matrix.rows), default=0) + 1
    widths = [
        max(
            *(len(part) for part in _head(place).split("\n")),
            *(len(_cell(row, at, out)) for row in matrix.rows),
        )
        + 1
        for at, place in enumerate(matrix.places)
    ]
    everything = list(range(len(widths)))
    if names + sum(widths) <= out.width:
        return [everything] if everything else []
    tables: list[list[int]] = []
    for kind in ("host", "server"):
        room = 0
        for at in everything:
            if _kind(matrix.places[at], matrix) != kind:
                continue
            room -= widths[at]
            if room < 0:
                tables.append([])
                room = out.width - names - widths[at]
            tables[-1].append(at)
    return tables


def _kind(place: Part, matrix: Matrix) -> str:
    squares = (square for row in matrix.rows for square in row.squares if square and square.place is place)
    return next(str(square.results[0].cell.place) for square in squares)


def _head(place: Part) -> str:
    """Return a column's name, broken where a word ends."""
    return place.name.replace("_", "_\n")


def _table(matrix: Matrix, places: Sequence[int], out: "Console") -> "Table":
    from rich.table import Table
    from rich.text import Text

    kind = "in this process" if _kind(matrix.places[places[0]], matrix) == "host" else "over HTTP"
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(kind, no_wrap=True, header_style="dim")
    for at in places:
        place = matrix.places[at]
        table.add_column(
            Text(f"{_head(place)}\n") + Text(f"{place.unit}s", style="dim"), no_wrap=True, vertical="bottom"
        )
    for band in matrix.bands:
        for row in band.rows:
            cells = []
            for at in places:
                square = row.squares[at]
                cells.append(Text(_cell(row, at, out), style=STYLES[square.worst] if square else ""))
            table.add_row(row.subject.name, *cells, end_section=row is band.rows[-1])
        if band is not matrix.bands[-1]:
            table.add_row()
    return table
