"""Hands mix-ups that a flood saw to the explorer, and attaches the smallest interleaving that shows them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from harness.catalog import controlled_for, entries
from harness.core.exploration import Exploration
from harness.core.names import load
from harness.core.record import Cell, CellResult, Ending, Place
from harness.core.verdict import Outcome
from harness.engine.explored import unsearched
from harness.engine.job import Explore, Job, Options
from harness.engine.pool import Pool
from localimpl import Unit

Key = tuple[str, Unit, str, str]
"""What a server's cell and the host's that stands in for it have in common: subject, unit, scenario, target."""


def explained(
    results: Iterable[CellResult],
    options: Options,
    asked: Explore,
    lanes: int,
    say: Callable[[str], None] = lambda stage: None,
) -> Iterator[CellResult]:
    """Yield the mixed cells whose interleaving is not known yet, each with what a search for it came to.

    The search goes deeper than the one that follows each flood. A server's requests are explored on units of its kind
    in one process: on the host's cell of the same scenario, which may be known already.
    """
    results = list(results)
    known = {_key(result): result for result in results if _is_explained(result)}
    wanted: dict[Key, list[CellResult]] = {}
    for result in results:
        if result.outcome is Outcome.MIXED and result.ending is Ending.JUDGED and not _is_explained(result):
            if (found := known.get(_key(result))) is not None:
                yield replace(result, explored=found.explored)
            else:
                wanted.setdefault(_key(result), []).append(result)
    if wanted:
        say(f"searching the interleavings of {len(wanted)} more mix-ups")
    pool = Pool(lanes)
    try:
        for found in pool.run(_jobs(wanted, options, asked)):
            for result in wanted[_key(found)]:
                yield replace(result, explored=found.explored or _unsearched(found, asked))
    finally:
        pool.stop()


def _unsearched(found: CellResult, asked: Explore) -> Exploration:
    """Say why a search came to nothing at all: it hung, or brought its process down."""
    ended = "it hung" if found.ending is Ending.HUNG else "its process crashed"
    where = "; ".join(found.hung_at) or found.log.strip().rpartition("\n")[2]
    reason = f"the search came to no end: {ended}{f' ({where})' if where else ''}"
    return unsearched(found.cell, controlled_for(found.unit).path, asked, reason)


def _is_explained(result: CellResult) -> bool:
    return result.explored is not None and result.explored.explanation is not None


def _key(result: CellResult) -> Key:
    cell = result.cell
    return cell.subject, result.unit, cell.scenario, cell.target


def _jobs(wanted: dict[Key, list[CellResult]], options: Options, asked: Explore) -> list[Job]:
    """Return a job for each subject and unit."""
    checkers = tuple(entry.path for entry in entries("checker"))
    hosts = {entry.name: entry for entry in entries("host")}
    controlled = {unit: controlled_for(unit) for unit in Unit}
    stand_ins = {unit: hosts[entry.part.stands_for[0]] for unit, entry in controlled.items()}
    cells: dict[tuple[str, Unit], list[Cell]] = {}
    for (subject, unit, scenario, target), (first, *_) in wanted.items():
        if load(target).in_process:
            cell = Cell(subject, Place.HOST, stand_ins[unit].path, scenario, target, first.cell.gate)
            cells.setdefault((subject, unit), []).append(cell)
    return [
        Job(
            tuple(group),
            options.exploring(asked),
            checkers,
            stand_ins[unit].part.patched,
            controlled=controlled[unit].path,
        )
        for (_, unit), group in cells.items()
    ]
