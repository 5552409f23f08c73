"""Writes the interleaving that proves a mix-up for a terminal: one column a unit, the source in the order it ran."""

import io
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from harness.core.exploration import Explanation
from harness.core.feasibility import Feasibility
from reports.explained_rows import Row, files, lay_out
from reports.words import plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDEST = 100
NARROWEST = 30
"""Characters of a column below which columns give way to one list."""
GUTTER = 8
"""Characters left of the columns, for the words that mark the proof."""
TAKES = {
    Feasibility.SEQUENTIAL: "one after the other will do",
    Feasibility.FIFO: "the order of an idle loop makes it",
    Feasibility.JITTER: "I/O or timer jitter makes it",
    Feasibility.GIL_SWITCH: "a GIL switch makes it",
    Feasibility.FREE_THREADED: "only free threading makes it",
}
MARKS = {"write": "bold yellow", "switch": "bold", "read": "bold red"}
ARROW = 4
"""Characters that an arrow to the right takes at least."""
COLOURS = ("cyan", "magenta", "green", "blue")
PLAIN = str.maketrans(
    {"│": "|", "┊": ":", "─": "-", "▶": ">", "◀": "<", "…": "~", "⋮": ":", "→": ">", "·": "-"}
)
"""For a terminal that has none of these."""


def print_explanation(explanation: Explanation, out: "Console") -> None:
    """Print the sentence, what it takes, the columns, and the line that replays it."""
    utf = out.encoding.lower().startswith("utf")
    for text in _texts(explanation, min(WIDEST, out.width)):
        out.print(text if utf else _ascii(text), no_wrap=True, overflow="ignore", crop=False)
    if explanation.token:
        # To be copied, so it is never folded.
        out.print(
            f"replay: ctxstress replay {explanation.token}", soft_wrap=True, highlight=False, markup=False
        )


def explained_text(explanation: Explanation, width: int = WIDEST) -> str:
    """Return the same as plain text."""
    from rich.console import Console

    file = io.StringIO()
    print_explanation(explanation, Console(file=file, width=width, color_system=None, force_terminal=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _texts(explanation: Explanation, width: int) -> Iterator["Text"]:
    from rich.text import Text

    takes = f"{plural(explanation.preemptions, 'preemption')}: {_takes(explanation)}"
    for said, style in ((explanation.sentence, "bold"), (f"{explanation.kind} · {takes}", "dim")):
        for line in textwrap.wrap(said, width, break_long_words=False, break_on_hyphens=False):
            yield Text(line, style)
    yield Text()
    if explanation.lines:
        yield from _Columns(explanation, width).texts()
        yield Text()


def _takes(explanation: Explanation) -> str:
    if explanation.stuck and explanation.feasibility is Feasibility.SEQUENTIAL:
        # One of them still waits when the next begins.
        return "each going on for as long as it can will do"
    return TAKES[explanation.feasibility]


class _Columns:
    """Draws the rows, each in the column of its unit; where there is no room for columns, as one list."""

    def __init__(self, explanation: Explanation, width: int) -> None:
        self._units = explanation.units
        self._rows = lay_out(explanation)
        self._files = files(explanation)
        self._width = width
        room = (width - GUTTER) // len(self._units)
        self._beside = room >= NARROWEST
        self._room = room if self._beside else width - GUTTER - max(map(cell_len, self._units)) - 1
        self._digits = max(len(str(row.number)) for row in self._rows)

    def texts(self) -> Iterator["Text"]:
        """Yield the lines of the drawing."""
        from rich.text import Text

        indent = " " * GUTTER
        if len(self._files) == 1:
            yield Text(indent + self._files[0], "dim")
        if self._beside:
            head = Text(indent)
            for column, unit in enumerate(self._units):
                head.append(_fit(unit, self._room), f"bold {_colour(column)}")
            head.rstrip()
            yield head
        for row in self._rows:
            text = Text(f"{row.mark:>{GUTTER - 2}}  ", MARKS.get(row.mark, ""))
            text.append_text(self._beside_each_other(row) if self._beside else self._listed(row))
            text.rstrip()
            yield text

    def _listed(self, row: Row) -> "Text":
        from rich.text import Text

        names = max(map(cell_len, self._units))
        text = Text(_fit(self._units[row.column], names + 1), _colour(row.column))
        return text.append(self._content(row, self._room), _style(row))

    def _beside_each_other(self, row: Row) -> "Text":
        """Draw a row: bars for who is under way, the content, and an arrow to who goes on."""
        from rich.text import Text

        text = Text()
        arrow = f"bold {_colour(row.to)}" if row.to is not None else ""
        for column in range(len(self._units)):
            if column == row.column:
                last = column == len(self._units) - 1
                room = self._room - (2 if last else 3)
                if row.to is not None and row.to > column:
                    room -= ARROW
                content = self._content(row, room)
                text.append("│ ", _colour(column)).append(content, _style(row))
                left = self._room - 2 - cell_len(content)
                if row.to is not None and row.to > column:
                    ends = row.to == column + 1
                    text.append(" " + "─" * (left - 2 - ends) + ("▶ " if ends else "──"), arrow)
                else:
                    text.append(" " * left)
            elif row.to is not None and row.to <= column < row.column:
                text.append("◀" if column == row.to else "─", arrow)
                text.append("─" * (self._room - 2) + (" " if column == row.column - 1 else "─"), arrow)
            elif row.to is not None and row.column < column < row.to:
                ends = row.to == column + 1
                text.append("─" * (self._room - 2) + ("▶ " if ends else "──"), arrow)
            else:
                text.append(_fit("┊" if row.alive[column] else "", self._room), f"dim {_colour(column)}")
        return text

    def _content(self, row: Row, room: int) -> str:
        number = f"{row.number or '':>{self._digits}} "
        return _cut(number + row.text, room)


def _style(row: Row) -> str:
    if row.proof and row.kind in ("code", "event", "end"):
        return MARKS[row.proof]
    return {"code": "", "file": "dim italic", "fold": "dim", "switch": "bold"}.get(row.kind, "italic")


def _colour(column: int) -> str:
    return COLOURS[column % len(COLOURS)]


def _fit(text: str, room: int) -> str:
    return set_cell_size(_cut(text, room - 1), room)


def _cut(text: str, room: int) -> str:
    return text if cell_len(text) <= room else set_cell_size(text, room - 1).rstrip() + "…"


def _ascii(text: "Text") -> "Text":
    """Return the text in letters that any terminal has; each takes the room of the one that it stands for."""
    plain = text.plain.translate(PLAIN).encode("ascii", "replace").decode()
    copied = text.copy()
    copied.plain = plain
    return copied
