"""Puts all that was measured into one page: what each tool found, how soon and how fast, and what the numbers mean."""

import math
from collections.abc import Collection, Sequence
from datetime import date

from bench.explore.corpus import case, sentence
from bench.explore.score import Pace, Paces, Row, detections, markdown, ratio_words, ratios, speeds, totals
from bench.explore.search import Tool
from localimpl import Unit

TITLES = {Unit.GREENLET: "Greenlets", Unit.THREAD: "Threads", Unit.TASK: "Tasks"}
NOTES = {
    Unit.GREENLET: (
        "No peer controls greenlets. Those for threads are given the whole of it as one thread with gevent in it, "
        "which is all that can be done with them: they see one unit, and certify whatever gevent's own order shows."
    ),
    Unit.THREAD: (
        "Ours switches threads where CPython hands on its global lock, and where that shows nothing also between the "
        "instructions that touch what may be shared (its strategies that draw do not go so far, and so miss b1). The "
        "peers switch at any instruction, and do not say which of these switches a build with that lock can make."
    ),
}


def report(
    cases: Sequence[str],
    tools: Sequence[Tool],
    rows: Sequence[Row],
    paces: Paces,
    seeds: int,
    schedules: int,
    today: date,
) -> str:
    """Return the page."""
    how = (
        f"Written by `./dev bench explore --write` on {today.isoformat()}, on 2 cores that had other work as well: "
        "schedules count, seconds tell the order of size. All tools ran in one Python, each on each case in a process "
        "of its own; for their rates they took turns. "
        f"A tool that draws had {seeds} seeds with at most {schedules} schedules each, any other one search with at "
        f"most {seeds * schedules:,}; ours ends by itself."
    )
    cells = (
        "A cell of the first kind of table is the number of schedules up to the first finding (the median over the "
        "seeds; in brackets how many of them found it, where not all did) and the time to it. *Never*: not within the "
        "schedules it had. *False pass*: it says that it has run all there is within its bound, and found nothing."
    )
    parts = [
        "# What was measured",
        how,
        cells,
        "## All in all",
        totals(tools, rows),
        *closing(cases, tools, rows, paces),
    ]
    for unit, title in TITLES.items():
        fitting = [name for name in cases if case(name).unit is unit]
        able = [tool for tool in tools if unit in tool.units]
        if not fitting:
            continue
        parts += [f"## {title}"]
        if unit in NOTES:
            parts.append(NOTES[unit])
        parts += [
            detections(fitting, able, rows),
            "Schedules in a second on the fixed form, with recording on (in brackets: of processor time):",
            speeds(fitting, able, paces),
        ]
    parts += ["## What ours says", graded(cases, tools[0], rows), "## The cases", _cases(cases)]
    if remarks := _remarks(rows):
        parts += ["## What tools said", remarks]
    return "\n\n".join(parts) + "\n"


def closing(cases: Sequence[str], tools: Sequence[Tool], rows: Sequence[Row], paces: Paces) -> list[str]:
    """Return what we hold our own search to, in words: a line for each aim."""
    own = {row.case: row for row in rows if row.tool == tools[0].name}
    measured = [name for name in cases if name in own]
    late = [name for name in measured if own[name].schedules > 10]
    exhausted = [
        name for name in measured if (fixed := own[name].fixed) and fixed.exhausted and not fixed.found
    ]
    graded_right = [
        name for name in measured if _told(own[name]) == (case(name).kind, str(case(name).feasibility))
    ]
    lines = [
        f"- found within 10 schedules: {len(measured) - len(late)} of {len(measured)}"
        + "".join(
            f"; {name} after {own[name].schedules:g}" for name in late if math.isfinite(own[name].schedules)
        )
        + "".join(f"; {name} never" for name in late if not math.isfinite(own[name].schedules)),
        f"- fixed forms exhausted at bound 2 without a finding: {len(exhausted)} of {len(measured)}",
        f"- kind and feasibility as the case says: {len(graded_right)} of {len(measured)}",
    ]
    return ["\n".join(lines), _rates(cases, tools, rows, paces)]


def _rates(cases: Sequence[str], tools: Sequence[Tool], rows: Sequence[Row], paces: Paces) -> str:
    """Return a table of how fast the fastest of ours goes, and how many times as fast as peers that is."""
    ours = {tool.name for tool in tools if tool.package == tools[0].package}
    finely = [tool for tool in tools if not tool.coarse]
    head = [
        "schedules/s of the fastest of ours",
        "by the clock",
        "over the fastest peer",
        "by processor time",
        "over the fastest that switches at any instruction",
        "over the fastest that finds the fault",
        "of our default over the fastest peer",
    ]
    lines = [head]
    for unit, title in TITLES.items():
        able = [name for name in cases if case(name).unit is unit]
        clocks = [
            max(map(_by_clock, own))
            for name in able
            if (own := [pace for tool, pace in paces.get(name, {}).items() if tool in ours])
        ]
        if not clocks:
            continue
        line = [title, f"{min(clocks):,.0f} to {max(clocks):,.0f}"]
        if unit is Unit.GREENLET:
            line += ["no peer controls them"] + [""] * (len(head) - 3)
        else:
            over = [
                ratios(able, tools, tools, paces, _by_clock),
                ratios(able, tools, tools, paces, _by_processor),
                ratios(able, tools, finely, paces, _by_clock),
                ratios(able, tools, tools, _of_finders(paces, rows, ours), _by_clock),
                ratios(able, tools[:1], tools, paces, _by_clock),
            ]
            line += map(ratio_words, over)
        lines.append(line)
    return markdown(lines)


def _of_finders(paces: Paces, rows: Sequence[Row], ours: Collection[str]) -> Paces:
    """Return the paces of ours, and of each case those of the peers that find what is wrong with half of the seeds."""
    find = {(row.case, row.tool) for row in rows if math.isfinite(row.schedules)}
    return {
        name: {tool: pace for tool, pace in timed.items() if tool in ours or (name, tool) in find}
        for name, timed in paces.items()
    }


def _by_clock(pace: Pace) -> float:
    return pace.clock


def _by_processor(pace: Pace) -> float:
    return pace.processor


def graded(cases: Sequence[str], ours: Tool, rows: Sequence[Row]) -> str:
    """Return a table of what our search says of each case, beside what the case is."""
    own = {row.case: row for row in rows if row.tool == ours.name}
    lines = [["case", "schedules", "says", "weakest scheduler", "is", "fixed form"]]
    for name in cases:
        if name not in own:
            continue
        row, subject = own[name], case(name)
        kind, feasibility = _told(row)
        fixed = "not run"
        if row.fixed is not None:
            how = "all" if row.fixed.exhausted else "not all:"
            fixed = "FALSE FINDING" if row.fixed.found else f"{how} {row.fixed.schedules:,} clean"
        lines.append(
            [
                name,
                f"{row.schedules:g}",
                kind,
                feasibility,
                "the same"
                if (kind, feasibility) == (subject.kind, str(subject.feasibility))
                else subject.feasibility,
                fixed,
            ]
        )
    return markdown(lines)


def _told(row: Row) -> tuple[str, str]:
    found = next((search for search in row.faulty if search.found), None)
    return (found.kind, found.feasibility) if found else ("nothing", "–")


def _cases(cases: Sequence[str]) -> str:
    lines = [["case", "what goes wrong", "after"]]
    lines += [[name, sentence(name), case(name).source or "–"] for name in cases]
    return markdown(lines)


def _remarks(rows: Sequence[Row]) -> str:
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        searches = [*row.faulty, *([row.fixed] if row.fixed else [])]
        notes = {search.note for search in searches if search.note}
        for note in sorted(notes | ({row.stopped} if row.stopped else set())):
            found.setdefault((row.tool, note.partition("\n")[0][:200]), []).append(row.case)
    return "\n".join(
        f"- {tool}: {note} ({', '.join(dict.fromkeys(names))})"
        for (tool, note), names in sorted(found.items())
    )
