"""Writes lanes for a terminal: one column a request, the write and the look-up of a leak marked, then one sentence."""

from harness.core.record import Sample
from reports.lanes import Lanes, Mark, lay_out

MARKS = {"source": "● ", "victim": "✗ ", "foreign": "○ "}
BAR = "│ "


def witness_text(sample: Sample, width: int = 100) -> str:
    """Return the lanes of a sample as text of at most ``width`` columns."""
    view = lay_out(sample)
    if not view.lanes:
        return view.sentence
    gutter = max((len(f"#{row.seq}") for row in view.rows if isinstance(row, Mark)), default=2) + 2
    room = (width - gutter) // len(view.lanes)
    heads = [f"{lane.request} ({lane.unit})" if lane.unit else lane.request for lane in view.lanes]
    labels = [len(row.text) + len(BAR) for row in view.rows]
    column = max(16, min(room, max([*labels, *map(len, heads)]) + 2))
    lines = [" " * gutter + "".join(_cut(head, column) for head in heads)]
    for number, row in enumerate(view.rows):
        alive = [_in_flight(view, lane, number) for lane in range(len(view.lanes))]
        cells = [BAR if each else "" for each in alive]
        if isinstance(row, Mark):
            cells[row.lane] = f"{MARKS.get(row.role, BAR)}{row.text}"
            seq = f"#{row.seq}"
        else:
            cells[row.lanes[0]] = f"⋮ {row.text}"
            seq = ""
        lines.append(seq.ljust(gutter) + "".join(_cut(cell, column) for cell in cells))
    return "\n".join([*(line.rstrip() for line in lines), *([view.sentence] if view.sentence else [])])


def _in_flight(view: Lanes, lane: int, row: int) -> bool:
    begins, ends = view.lanes[lane].begins, view.lanes[lane].ends
    return (begins is None or begins <= row) and (ends is None or row <= ends)


def _cut(text: str, width: int) -> str:
    return (text if len(text) < width else f"{text[: width - 2]}…").ljust(width)
