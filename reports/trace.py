"""Prints a walk through the lifecycle: a row for each phase, with what is stored and what the proxies answer there."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.core.trace import Glimpse, Held, Moment, Walk

WIDTH = 100
COLOURS = ("cyan", "magenta")
NOTHING = "·"
AS_BEFORE = "″"
LEGEND = (
    "Storage is shown where it changed since the request's last phase. "
    f"{AS_BEFORE} unchanged  {NOTHING} nothing  ! another's"
)

Storages = dict[str, list[Held]]


def print_trace(walk: Walk, console: Console | None = None) -> None:
    """Print a walk on the console, by default standard output; what belongs to the other request is marked."""
    out = console or Console(highlight=False)
    if not out.is_terminal:
        out = Console(file=out.file, width=WIDTH, highlight=False)
    colours = dict(zip((name for name, _ in walk.answers), COLOURS, strict=True))
    out.print(Text(f"{walk.subject} on {walk.unit}s", style="bold"))
    out.print(Text(walk.summary))
    names = [Text(name, style=colours[name]) for name in colours]
    out.print(
        Text.assemble(names[0], " and ", names[1], " each send a request and take turns after each phase.")
    )
    out.print(Text(LEGEND, style="dim"))
    out.print()
    out.print(_table(walk, colours))
    out.print()
    for name, answer in walk.answers:
        out.print(Text.assemble("GET /", (name, colours[name]), " was answered ", _paint(answer, colours)))
    out.print(_verdict(walk))


def _table(walk: Walk, colours: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("who")
    table.add_column("phase")
    table.add_column("storage after it", overflow="fold")
    for glimpse in walk.moments[0].glimpses:
        table.add_column(glimpse.expression.removeprefix("request.").removesuffix(".user"), no_wrap=True)
    shown_before: dict[str, Storages] = {}
    last = ""
    for moment in walk.moments:
        storages = _storages(moment)
        table.add_row(
            Text("" if moment.request == last else moment.request, style=colours[moment.request]),
            Text(moment.phase),
            _changes(shown_before.get(moment.request), storages, colours),
            *(_answer(glimpse, moment, colours) for glimpse in moment.glimpses),
        )
        shown_before[moment.request] = storages
        last = moment.request
    return table


def _storages(moment: Moment) -> Storages:
    storages: Storages = {}
    for held in moment.held:
        storages.setdefault(held.storage, []).append(held)
    return storages


def _changes(before: Storages | None, now: Storages, colours: dict[str, str]) -> Text:
    """Return a line for each entry of the storages that are not as they were at the request's last phase."""
    if before is None and not now:
        return Text("{}", style="dim")
    lines = []
    for storage in dict.fromkeys([*now, *(before or ())]):
        entries = now.get(storage, [])
        if before is not None and entries == before.get(storage, []):
            continue
        for number, held in enumerate(entries):
            label = "" if number else storage
            lines.append(
                Text.assemble((f"{label:<8}", "dim"), f"{{{held.unit}: ", _paint(held.values, colours), "}")
            )
        if not entries:
            lines.append(Text.assemble((f"{storage:<8}", "dim"), "{}"))
    return Text("\n").join(lines) if lines else Text(AS_BEFORE, style="dim")


def _answer(glimpse: Glimpse, moment: Moment, colours: dict[str, str]) -> Text:
    if not glimpse.owner:
        return Text(NOTHING, style="dim")
    if glimpse in moment.foreign():
        return Text(f"{glimpse.answer}!", style="bold red")
    return Text(glimpse.answer, style=colours.get(glimpse.owner, ""))


def _paint(text: str, colours: dict[str, str]) -> Text:
    painted = Text(text)
    for name, colour in colours.items():
        painted.highlight_words([name], colour)
    return painted


def _verdict(walk: Walk) -> Text:
    foreign = sum(bool(moment.foreign()) for moment in walk.moments)
    promise = "promises" if walk.promised else "does not promise"
    if foreign:
        seen = f"After {foreign} of {len(walk.moments)} phases a request saw what belongs to the other (marked with !)"
        style = "bold red"
    else:
        seen = f"After none of {len(walk.moments)} phases did a request see anything of the other"
        style = "bold green"
    return Text(f"{seen}; {walk.subject} {promise} to keep {walk.unit}s apart.", style=style)
