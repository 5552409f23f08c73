"""Paints lanes as SVG: requests side by side, events from top to bottom, the leak as an arrow."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from harness.core.history import Kind
from harness.core.record import Sample
from reports.lanes import OTHER, Fold, Lanes, Leak, Mark, Piece, lay_out

GUTTER = 38
HEAD = 46
ROW = 26
INSET = 22
"""From the left edge of a lane to its line; arrows run down in between, where no label stands."""
LABEL = 12
"""From the line to the label."""
NARROWEST = 132
PROSE, CODE = 6.3, 7.3
"""Advance of a character at 12 pixels, of prose and of fixed-width values."""
CORNER = 6
PROOF = ("source", "victim")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where lanes and rows lie, in pixels."""

    lines: tuple[int, ...]
    width: float
    height: float

    @staticmethod
    def y(row: int) -> float:
        """Return the middle of a row."""
        return HEAD + ROW * row + ROW / 2


def length(label: Sequence[Piece]) -> float:
    """Estimate the width of a label."""
    return sum(len(piece.text) * (CODE if piece.owner is not None else PROSE) for piece in label)


def frame(view: Lanes) -> Frame:
    """Give each lane the width that its longest label needs."""
    lines: list[int] = []
    left = float(GUTTER)
    for number, lane in enumerate(view.lanes):
        labels = [length(row.label) for row in view.rows if isinstance(row, Mark) and row.lane == number]
        widest = max([*labels, len(lane.unit) * PROSE, len(lane.request) * CODE + 16], default=0)
        lines.append(round(left + INSET))
        left += max(NARROWEST, INSET + LABEL + widest + 12)
    return Frame(tuple(lines), left, Frame.y(len(view.rows)) - ROW / 2 + 6)


def draw(sample: Sample) -> Markup:
    """Return the drawing of a sample as one SVG element, sized in pixels and coloured by the page's classes."""
    view = lay_out(sample)
    if not view.rows:
        return Markup("")
    place = frame(view)
    said = view.sentence or f"The events of {' and '.join(lane.request for lane in view.lanes)}, in order."
    proof = [
        f"{view.lanes[row.lane].request} {row.text}"
        for row in view.rows
        if isinstance(row, Mark) and row.role in PROOF
    ]
    parts = [
        Markup('<svg class="lanes" role="img" aria-label="{}"').format(" · ".join([said, *proof])),
        Markup(' width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}">').format(
            place.width, place.height
        ),
        *(
            _band(row, number, place)
            for number, row in enumerate(view.rows)
            if isinstance(row, Mark) and row.role in PROOF
        ),
        *(_lane(view, number, place) for number in range(len(view.lanes))),
        *(_leak(leak, nth, view, place) for nth, leak in enumerate(view.leaks) if leak.source != leak.target),
        *(_row(row, number, place) for number, row in enumerate(view.rows)),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def _band(row: Mark, number: int, place: Frame) -> Markup:
    return Markup('<rect class="b-{}" x="0" y="{:g}" width="{:.0f}" height="{}" rx="5"/>').format(
        row.role, place.y(number) - ROW / 2 + 1, place.width, ROW - 2
    )


def _lane(view: Lanes, number: int, place: Frame) -> Markup:
    lane, x = view.lanes[number], place.lines[number]
    top = HEAD - 4 if lane.begins is None else place.y(lane.begins)
    end = place.height - 4 if lane.ends is None else place.y(lane.ends)
    badge = len(lane.request) * CODE + 14
    return Markup(
        '<g class="l{n}"><path class="life" d="M{x:g} {a}V{z:.0f}"/><path class="flight" d="M{x:g} {top:g}V{end:g}"/>'
        '<rect class="badge" x="{left:g}" y="3" width="{badge:.0f}" height="19" rx="5"/>'
        '<text class="who" x="{mid}" y="17">{who}</text><text class="on" x="{left:g}" y="36">{on}</text></g>'
    ).format(
        n=number,
        x=x,
        a=HEAD - 4,
        z=place.height - 4,
        top=top,
        end=end,
        left=x - 8,
        badge=badge,
        mid=round(x - 8 + badge / 2),
        who=lane.request,
        on=f"on {lane.unit}" if lane.unit else "",
    )


def _row(row: Mark | Fold, number: int, place: Frame) -> Markup:
    y = place.y(number)
    if isinstance(row, Fold):
        return Markup('<text class="fold" x="{:g}" y="{:g}">⋮ {}</text>').format(
            place.lines[row.lanes[0]] + LABEL, y + 4, row.text
        )
    # Markup.format would take most of the page's time here: only the texts need escaping.
    title = f"<title>{escape(row.full)}</title>" if row.full else ""
    return Markup(
        f'<text class="seq" x="{GUTTER - 8}" y="{y + 4:g}">{row.seq}</text>'
        f'<g class="l{row.lane}" transform="translate({place.lines[row.lane]} {y:g})">{title}{_symbol(row)}'
        f'<text x="{LABEL}" y="4">{_label(row.label)}</text></g>'
    )


def _symbol(row: Mark) -> str:
    """Return what stands on the line, drawn around the origin."""
    if row.role == "victim":
        return '<path class="cross" d="M-4.5 -4.5l9 9m0 -9l-9 9"/>'
    if row.kind in (Kind.ENTER, Kind.LEAVE):
        return '<path class="end" d="M-6 0h12"/>'
    return f'<circle class="dot {row.role}" r="5"/>' if row.role else '<circle class="dot" r="3.5"/>'


def _label(label: Sequence[Piece]) -> str:
    parts = []
    for piece in label:
        text = str(escape(piece.text))
        owner = "x" if piece.owner == OTHER else piece.owner
        parts.append(text if owner is None else f'<tspan class="v{owner}">{text}</tspan>')
    return "".join(parts)


def _leak(leak: Leak, nth: int, view: Lanes, place: Frame) -> Markup:
    """Route an arrow along the source's row, down beside a line, and along the target's row: no label is in the way."""
    source, target = view.rows[leak.source], view.rows[leak.target]
    if not isinstance(source, Mark) or not isinstance(target, Mark):
        return Markup("")
    start, end = place.lines[source.lane], place.lines[target.lane]
    above, below = place.y(leak.source), place.y(leak.target)
    shift = 9 + 4 * nth
    if start < end:
        points = [
            (round(start + LABEL + length(source.label) + 5), above),
            (end - shift - 4, above),
            (end - shift - 4, below),
            (end - 7, below),
        ]
    elif start == end:
        points = [
            (start - 6, above),
            (start - shift - 4, above),
            (start - shift - 4, below),
            (start - 7, below),
        ]
    else:
        tip = round(end + LABEL + length(target.label) + 6)
        points = [(start - 7, above), (start - shift - 4, above), (start - shift - 4, below), (tip, below)]
    head = 6 if points[-1][0] > points[-2][0] else -6
    x, y = points[-1]
    return Markup('<g class="leak{}"><path d="{}"/><path class="head" d="M{:g} {:g}l{} -4v8z"/></g>').format(
        " gone" if leak.gone else "", _rounded([*points[:-1], (x - head, y)]), x, y, -head
    )


def _rounded(points: Sequence[tuple[float, float]]) -> str:
    """Return the path through points at right angles, with rounded corners."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path += "L" + _towards(corner, before) + f"Q{corner[0]:g} {corner[1]:g} " + _towards(corner, after)
    return path + f"L{points[-1][0]:g} {points[-1][1]:g}"


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> str:
    span = max(abs(other[0] - corner[0]), abs(other[1] - corner[1]))
    share = min(CORNER, span / 2) / span if span else 0
    return f"{corner[0] + (other[0] - corner[0]) * share:g} {corner[1] + (other[1] - corner[1]) * share:g}"
