"""Prints a run against an app on a terminal: verdict, the two requests, what to do, and what was found elsewhere."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.app_record import AppRun, Endpoint, Round, Sighting
from harness.core.record import Ending
from harness.core.verdict import Outcome
from reports.app_causes import Cause, causes
from reports.app_lanes import flight, lay_out, text_bar
from reports.app_marked import OWNER, VICTIM, named, pieces, printable
from reports.app_proof import proof
from reports.app_sentences import (
    advice,
    few,
    happened,
    last_lines,
    often,
    round_words,
    shorten,
    span,
    told,
    verdict,
)
from reports.explained_text import print_explanation
from reports.lanes import Piece
from reports.words import plural

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

MOST_CAUSES = 5
MOST_SEEN = 4
"""Sightings of one cause that are listed; the record holds more."""
LONGEST = 480
"""Characters of a request or answer; the page shows more."""
LOG_LINES = 20
COLOURS = {OWNER: "bold red", VICTIM: "cyan"}
TONES = {Outcome.MIXED: "bold red", Outcome.INCONCLUSIVE: "bold yellow", Outcome.ISOLATED: "bold green"}


def print_app(run: AppRun, out: "Console", page: Path | None = None) -> None:
    """Print a run: verdict and proof first, the tables after them, and last where the page is."""
    if _utf(out):
        _print(run, out, page)
        return
    # An app's answers may hold any letter, and a terminal that has it not must not end the report.
    with out.capture() as caught:
        _print(run, out, page)
    out.file.write(caught.get().encode(out.encoding, "replace").decode(out.encoding))


def _print(run: AppRun, out: "Console", page: Path | None) -> None:
    said, found = verdict(run), causes(run)
    out.print(_text(said.sentence, TONES[told(run)]))
    for sentence in said.beside:
        out.print(_text(sentence))
    _print_log(run, out)
    if found:
        _print_proof(found[0], run, out)
    if run.explored is not None and run.explored.explanation is not None:
        out.print()
        print_explanation(run.explored.explanation, out)
    _print_advice(run, out)
    for cause in found[1:MOST_CAUSES]:
        _print_cause(cause, run, out)
    if len(found) > MOST_CAUSES:
        out.print(f"… and {plural(len(found) - MOST_CAUSES, 'more cause')} on the page and in app.json")
    if run.endpoints:
        out.print()
        out.print(_endpoints(run))
    if run.rounds:
        out.print()
        _print_rounds(run, out)
    _print_rest(run, out)
    if page is not None:
        out.print(_text(f"page:   {page}"), soft_wrap=True)


def _print_log(run: AppRun, out: "Console") -> None:
    lines = last_lines(run, LOG_LINES)
    if lines:
        out.print()
        out.print(_text("the app's last lines", "bold"))
        for line in lines:
            out.print(_text(f"  {line}", "dim"), soft_wrap=True)


def _print_advice(run: AppRun, out: "Console") -> None:
    steps = advice(run)
    if not steps and not run.repeat:
        return
    out.print()
    for step in steps:
        out.print(_text(step))
    if run.repeat:
        # A command is to be copied, so it is never folded.
        out.print(_text(f"repeat: {printable(run.repeat)}"), soft_wrap=True)


def _print_proof(cause: Cause, run: AppRun, out: "Console") -> None:
    """Print the first sighting of a cause: what was asked, what comes back alone, and what came."""
    from rich.table import Table

    shown = cause.first
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    out.print()
    for label, content, whose in _shown(shown, run):
        if content:
            grid.add_row(_text(shorten(label)), _coloured(content, whose))
            grid.add_row()
    for row in _flights(shown, out):
        grid.add_row(*row)
    load = f"{shown.pressure}, {plural(shown.clients, 'client')}"
    grid.add_row("seen", _text(f"{load}, request {shown.at:,}, {span(shown.seconds)}"))
    out.print(grid)


def _shown(shown: Sighting, run: AppRun) -> Iterator[tuple[str, Sequence[Piece], str]]:
    """Yield label, text, and whose the foreign values in it are; in the owner's own request none is foreign."""
    found = proof(shown, run, LONGEST)
    whose = _whose(shown)
    yield f"{shown.victim.user} sent", found.asked, whose
    yield "alone it gets", found.alone, whose
    yield found.label, found.got, whose
    yield f"in {shorten(shown.where)}", found.place, whose
    if shown.owner:
        yield f"{shown.owner.user} sent", found.owner_asked, ""


def _whose(shown: Sighting) -> str:
    return shown.owner.user if shown.owner else "another"


def _flights(shown: Sighting, out: "Console") -> Iterator[tuple["RenderableType", "RenderableType"]]:
    from rich.text import Text

    view = lay_out(shown)
    if view is None:
        for who in (shown.owner, shown.victim):
            if who and flight(who):
                yield _text(who.visit or who.user), _text(flight(who))
        return
    label = max(len(bar.who.visit or bar.who.user) for bar in (view.owner, view.victim))
    said = max(len(flight(bar.who)) for bar in (view.owner, view.victim))
    width = max(10, min(40, out.width - max(label, 13) - said - 4))
    for bar in sorted((view.owner, view.victim), key=lambda bar: bar.start):
        line = text_bar(bar, width, ascii_only=not _utf(out))
        yield (
            _text(bar.who.visit or bar.who.user),
            Text().append(line, COLOURS[bar.lane]).append(f" {flight(bar.who)}"),
        )
    if view.gap:
        yield "", _text(f"with {span(view.gap)} between that are not drawn")


def _print_cause(cause: Cause, run: AppRun, out: "Console") -> None:
    shown = cause.first
    out.print()
    out.print(_text(happened(shown), "bold"), _text(f"({often(cause)})"))
    for each in cause.sightings[:MOST_SEEN]:
        if each.shown:
            line = _text(f"  {each.victim.visit}, {shorten(each.where)}: ")
            line.append_text(_coloured(pieces(each.shown, each, 160), _whose(each)))
            out.print(line)


def _coloured(parts: Sequence[Piece], whose: str) -> "Text":
    """Return pieces in the colours of their owners."""
    from rich.text import Text

    text = Text()
    for piece in named(parts, whose):
        text.append(piece.text, COLOURS[piece.owner] if piece.owner is not None else "")
    return text


def _endpoints(run: AppRun) -> "Table":
    table = _table(
        ("endpoint", "left"), *((name, "right") for name in ("sent", "answered", "mixed", "failed"))
    )
    for each in sorted(run.endpoints, key=lambda each: (-each.mixed, -each.failed)):
        table.add_row(
            _endpoint(each),
            f"{each.sent:,}",
            f"{each.answered:,}",
            _count(each.mixed, run),
            _count(each.failed, run),
        )
    return table


def _endpoint(each: Endpoint) -> "Text":
    name = _text(shorten(each.name))
    for label, parts in (("carries", each.carries), ("masked", each.masked)):
        if parts:
            name.append(f"\n  {label}: {shorten(few(parts), 42)}", "dim")
    if each.failed_alone:
        name.append(f"\n  failed {each.failed_alone:,}× when sent alone", "yellow")
    return name


def _print_rounds(run: AppRun, out: "Console") -> None:
    """Print a line of numbers for each round, and below it, as wide as there is room, how its clients behaved."""
    from rich.padding import Padding

    names = max(len(_load(each)) for each in run.rounds)
    heads = ("answered", "overlap", "reuse")
    out.print(_text(f"{'pressure':{names}}  {'  '.join(heads)}  signs", "bold"))
    for each in run.rounds:
        counts = (f"{each.answered:,}", f"{each.overlap:,}", f"{each.reuse:,}" if run.stamped else "–")
        numbers = "  ".join(f"{count:>{len(head)}}" for count, head in zip(counts, heads, strict=True))
        first, *more = round_words(each)
        style = TONES[told(run)] if sum(each.signs.values()) else "dim"
        line = _text(f"{_load(each):{names}}  {numbers}  ")
        out.print(line.append_text(_text(first, style)))
        for sign in more:
            out.print(_text(f"{'':{line.cell_len - len(first)}}{sign}", style))
        out.print(Padding(_text(each.summary.partition(": ")[0].rstrip(".") + ".", "dim"), (0, 0, 0, 2)))


def _load(each: Round) -> str:
    return shorten(f"{each.pressure}, {plural(each.clients, 'client')}")


def _print_rest(run: AppRun, out: "Console") -> None:
    lines = [f"allowed: {shorten(printable(pattern))} ({count:,}×)" for pattern, count in run.allowed.items()]
    lines += [f"note: {printable(note)}" for note in run.notes]
    if lines or run.rounds or run.endpoints:
        out.print()
    for line in lines:
        out.print(_text(line, "dim"))
    if run.ending is Ending.JUDGED:
        server = f" on {run.server}" if run.server else ""
        out.print(_text(f"{run.app}{server}, seed {run.seed}, {span(run.seconds)}", "dim"))


def _table(*columns: tuple[str, str]) -> "Table":
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name, side in columns:
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    return table


def _count(number: int, run: AppRun) -> "Text":
    return _text(f"{number:,}", TONES[told(run)] if number else "dim")


def _utf(out: "Console") -> bool:
    return out.encoding.lower().startswith("utf")


def _text(text: str, style: str = "") -> "Text":
    """Return text whose brackets are no styles and whose control characters are harmless."""
    from rich.text import Text

    return Text(printable(text), style)
