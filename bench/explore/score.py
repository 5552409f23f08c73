"""What a tool came to on a case, and the tables and closing lines made of that: arithmetic, nothing else."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import geometric_mean, median

from bench.explore.search import REPLAYS, Search, Tool


@dataclass(frozen=True, slots=True)
class Row:
    """One tool on one case."""

    case: str
    tool: str
    faulty: tuple[Search, ...] = ()
    """One search for each seed; fewer when the tool was stopped."""
    seeds: int = 1
    """How many there were to be."""
    fixed: Search | None = None
    stopped: str = ""
    """Why it was ended from outside."""

    @property
    def found(self) -> int:
        """How many searches found the fault."""
        return sum(search.found for search in self.faulty)

    @property
    def schedules(self) -> float:
        """Schedules up to the first finding, the median over the seeds; infinite where more than half found nothing."""
        return median(
            [search.schedules if search.found else math.inf for search in self.faulty] or [math.inf]
        )

    @property
    def seconds(self) -> float:
        """Seconds up to the first finding, the median over the seeds that had one."""
        return median([search.seconds for search in self.faulty if search.found] or [math.inf])

    @property
    def false_pass(self) -> bool:
        """Whether it says that it has run all there is of the faulty form, and found nothing."""
        return any(search.exhausted and not search.found for search in self.faulty)

    @property
    def false_finding(self) -> bool:
        """Whether it found something in the fixed form."""
        return self.fixed is not None and self.fixed.found

    @property
    def replays(self) -> tuple[int, int]:
        """How many replays showed the finding again, and how many there were."""
        tried = [search.replayed for search in self.faulty if search.found and search.replayed is not None]
        return sum(tried), REPLAYS * len(tried)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many schedules a tool runs in a second, in the best of its slices: other work can but slow one."""

    clock: float
    """By the clock on the wall."""
    processor: float
    """By the time that a processor worked for it."""

    @classmethod
    def of(cls, slices: Sequence[Search]) -> "Pace":
        """Return the pace of slices."""
        return cls(
            max(each.begun / each.seconds for each in slices),
            max(each.begun / each.processor for each in slices),
        )


Paces = Mapping[str, Mapping[str, Pace]]
"""By case and tool; those of one case were taken in turn."""


def to_json(row: Row) -> str:
    """Return a row as text to be kept."""
    return json.dumps(asdict(row))


def from_json(text: str) -> Row:
    """Return the row that ``to_json`` wrote."""
    said = json.loads(text)
    said["faulty"] = tuple(Search(**search) for search in said["faulty"])
    said["fixed"] = said["fixed"] and Search(**said["fixed"])
    return Row(**said)


def detection(row: Row | None) -> str:
    """Return what came of the faulty form, for a cell of the table."""
    if row is None:
        return "–"
    if row.false_pass:
        return "false pass"
    if not row.faulty:
        return "stopped"
    share = "" if row.found == row.seeds else f" ({row.found}/{len(row.faulty)})"
    if not row.found:
        return "never" + share
    count = f"{row.schedules:g}" if math.isfinite(row.schedules) else "seldom"
    return f"{count}{share}, {_time(row.seconds)}" + (" FALSE FINDING" if row.false_finding else "")


def speed(pace: Pace | None) -> str:
    """Return the schedules in a second, for a cell of the table."""
    return f"{pace.clock:,.0f} ({pace.processor:,.0f})" if pace else "–"


def detections(cases: Sequence[str], tools: Sequence[Tool], rows: Iterable[Row]) -> str:
    """Return a table of what came of the faulty forms, a line for each case and a column for each tool."""
    known = {(row.case, row.tool): row for row in rows}
    return _table(cases, tools, lambda case, tool: detection(known.get((case, tool))))


def speeds(cases: Sequence[str], tools: Sequence[Tool], paces: Paces) -> str:
    """Return a table of the schedules in a second."""
    return _table(cases, tools, lambda case, tool: speed(paces.get(case, {}).get(tool)))


def _table(cases: Sequence[str], tools: Sequence[Tool], cell: Callable[[str, str], str]) -> str:
    lines = [["case", *(tool.name for tool in tools)]]
    return markdown(lines + [[case, *(cell(case, tool.name) for tool in tools)] for case in cases])


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells, the heads first, as a table."""
    head, *rest = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rest])


def totals(tools: Sequence[Tool], rows: Sequence[Row]) -> str:
    """Return a table with a line for each tool: what it found, missed, and said wrongly."""
    lines = [
        [
            "tool",
            "found",
            "median schedules",
            "false passes",
            "false findings",
            "fixed forms exhausted",
            "replays",
            "stopped",
        ]
    ]
    for tool in tools:
        own = [row for row in rows if row.tool == tool.name]
        if not own:
            continue
        again, tried = (sum(pair) for pair in zip(*(row.replays for row in own), strict=True))
        middle = median(row.schedules for row in own)
        lines.append(
            [
                tool.name,
                f"{sum(row.found == row.seeds for row in own)} of {len(own)}",
                f"{middle:g}" if math.isfinite(middle) else "never",
                str(sum(row.false_pass for row in own)),
                str(sum(row.false_finding for row in own)),
                str(sum(row.fixed is not None and row.fixed.exhausted for row in own)),
                f"{again:,} of {tried:,}" if tried else "none",
                str(sum(bool(row.stopped) for row in own)),
            ]
        )
    return markdown(lines)


def ratios(
    cases: Sequence[str],
    some: Sequence[Tool],
    tools: Sequence[Tool],
    paces: Paces,
    rate: Callable[[Pace], float],
) -> list[float]:
    """Return, for each case, how many times the rate of the fastest peer the fastest of some tools of ours has."""
    ours = tools[0].package
    own = {tool.name for tool in some if tool.package == ours}
    peers = {tool.name for tool in tools if tool.package != ours}
    found = []
    for case in cases:
        measured = {tool: rate(pace) for tool, pace in paces.get(case, {}).items()}
        mine, theirs = (measured.keys() & names for names in (own, peers))
        if mine and theirs:
            found.append(max(map(measured.__getitem__, mine)) / max(map(measured.__getitem__, theirs)))
    return found


def ratio_words(found: Sequence[float]) -> str:
    """Return such ratios in words, by their geometric mean."""
    return (
        f"{geometric_mean(found):.1f} times ({min(found):.1f} to {max(found):.1f})"
        if found
        else "not compared"
    )


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
