"""Lays the two requests of a sighting out in time, and paints them: as bars on a terminal, as SVG on the page."""

from dataclasses import dataclass

from markupsafe import Markup

from harness.core.app_record import Sighting, Sign, Who
from reports.app_marked import OWNER, VICTIM, printable

LONGEST_GAP = 1.0
"""A wait between the two that is longer than this many times both together is drawn as a break."""
LONGEST_LABEL = 12
WIDTH, LEFT, RIGHT, TOP, STEP = 960, 112, 24, 12, 46


@dataclass(frozen=True, slots=True)
class Bar:
    """One request in time; ``start`` and ``end`` are shares (0 to 1) of what is drawn."""

    who: Who
    lane: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Lanes:
    """The two requests, the owner's first, and how many seconds were left out between them (0: none)."""

    owner: Bar
    victim: Bar
    gap: float


def lay_out(sighting: Sighting) -> Lanes | None:
    """Return where the two requests lie in time, or None where the stamps of one are not known."""
    if sighting.owner is None:
        return None
    owner, victim = _times(sighting.owner), _times(sighting.victim)
    if owner is None or victim is None:
        return None
    length = owner[1] - owner[0] + victim[1] - victim[0]
    gap = max(victim[0] - owner[1], owner[0] - victim[1], 0.0)
    left_out = gap - LONGEST_GAP * length / 2 if gap > LONGEST_GAP * length else 0.0
    later = left_out if victim[0] >= owner[1] else 0.0
    earlier = left_out - later
    a, b = (owner[0] - earlier, owner[1] - earlier), (victim[0] - later, victim[1] - later)
    start, end = min(a[0], b[0]), max(a[1], b[1])
    scale = (end - start) or 1.0

    def bar(who: Who, lane: int, times: tuple[float, float]) -> Bar:
        return Bar(who, lane, (times[0] - start) / scale, max((times[1] - start) / scale, 0.004))

    return Lanes(bar(sighting.owner, OWNER, a), bar(sighting.victim, VICTIM, b), left_out)


def _times(who: Who) -> tuple[float, float] | None:
    if who.entered is None or who.left is None:
        return None
    return who.entered, max(who.entered, who.left)


def flight(who: Who) -> str:
    """Say when a request was in flight and on what, as in ``0.301 to 0.352 s, on thread-2``; empty when not known."""
    times = _times(who)
    said = f"{times[0]:.3f} to {times[1]:.3f} s" if times else ""
    unit = f"on {printable(who.unit)}" if who.unit else ""
    return ", ".join(part for part in (said, unit) if part)


def _label(who: Who) -> str:
    """Return the visit's label, as long as there is room for one."""
    label = printable(who.visit or who.user)
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def text_bar(bar: Bar, width: int, *, ascii_only: bool = False) -> str:
    """Return a bar as a line of ``width`` characters."""
    rest, full = ("-", "#") if ascii_only else ("─", "█")
    start = min(round(bar.start * width), width - 1)
    end = max(start + 1, round(bar.end * width))
    return rest * start + full * (end - start) + rest * (width - end)


def draw(sighting: Sighting) -> Markup:
    """Return the two requests in time as one SVG element, or nothing where their stamps are not known."""
    view = lay_out(sighting)
    if view is None:
        return Markup("")
    room = WIDTH - LEFT - RIGHT
    rows = sorted((view.owner, view.victim), key=lambda bar: bar.start)
    height = TOP + STEP * 2 + 8
    said = " ".join(f"{_label(bar.who)}: {flight(bar.who)}." for bar in (view.owner, view.victim))
    parts = [
        Markup(
            '<svg class="lanes flights" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">'
        ).format(said, WIDTH, height, WIDTH, height)
    ]
    where: dict[int, tuple[float, float, float]] = {}
    for number, bar in enumerate(rows):
        y = TOP + STEP * number + STEP / 2
        start, end = LEFT + room * bar.start, LEFT + room * bar.end
        where[bar.lane] = (start, end, y)
        parts.append(_bar(bar, start, end, y))
    parts += [_leak(sighting, where), _gap(view, where), Markup("</svg>")]
    return Markup("").join(parts)


def _bar(bar: Bar, start: float, end: float, y: float) -> Markup:
    label = _label(bar.who)
    badge = len(label) * 7.3 + 14
    # A label stands over its bar, and ends with it where there is no room to the right.
    anchor, x = ("end", end) if start > WIDTH * 0.62 else ("start", start)
    return Markup(
        '<g class="l{lane}"><rect class="badge" x="0" y="{top:g}" width="{badge:.0f}" height="19" rx="5"/>'
        '<text class="who" x="{mid:.0f}" y="{base:g}">{who}</text>'
        '<path class="life" d="M{left} {y:g}H{right}"/><path class="flight" d="M{start:.1f} {y:g}H{end:.1f}"/>'
        '<path class="end" d="M{start:.1f} {a:g}v12M{end:.1f} {a:g}v12"/>'
        '<text class="on" text-anchor="{anchor}" x="{x:.1f}" y="{over:g}">{said}</text></g>'
    ).format(
        lane=bar.lane,
        top=y - 10,
        badge=badge,
        mid=badge / 2,
        base=y + 4,
        who=label,
        left=LEFT,
        right=WIDTH - RIGHT,
        y=y,
        start=start,
        end=end,
        a=y - 6,
        over=y - 11,
        anchor=anchor,
        x=x,
        said=flight(bar.who),
    )


def _leak(sighting: Sighting, where: dict[int, tuple[float, float, float]]) -> Markup:
    """Return the arrow from the owner to the end of the victim, where the foreign value came out."""
    if sighting.sign is Sign.LEFT_BEHIND:
        return Markup("")
    start, end, above = where[OWNER]
    _, tip, below = where[VICTIM]
    origin = min(max(start, min((start + end) / 2, tip)), end)
    down = 1 if below > above else -1
    return Markup(
        '<g class="leak"><path d="M{:.1f} {:g}C{:.1f} {:g} {:.1f} {:g} {:.1f} {:g}"/>'
        '<path class="head" d="M{:.1f} {:g}l-4 {}h8z"/></g>'
    ).format(
        *(origin, above + 3 * down, origin, above + STEP * 0.6 * down),
        *(tip, below - STEP * 0.6 * down, tip, below - 10 * down),
        *(tip, below - 4 * down, -6 * down),
    )


def _gap(view: Lanes, where: dict[int, tuple[float, float, float]]) -> Markup:
    if not view.gap:
        return Markup("")
    first, second = sorted(where.values())
    return Markup(
        '<text class="fold" text-anchor="middle" x="{:.1f}" y="{:g}">{:.3g} s between, not to scale</text>'
    ).format((first[1] + second[0]) / 2, TOP + STEP + 4, view.gap)
