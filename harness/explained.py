"""Hands what a flood saw or hung in to the explorer, and attaches the smallest interleaving that shows it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from harness.catalog import Entry, controlled_for, entries
from harness.core.exploration import Exploration
from harness.core.feasibility import Feasibility
from harness.core.names import load
from harness.core.ports import Host
from harness.core.record import Cell, CellResult, Ending, Place
from harness.core.scenario import Scenario
from harness.core.verdict import Need, Outcome
from harness.engine.explored import unsearched
from harness.engine.job import Explore, Job, Options
from harness.engine.pool import Pool
from localimpl import Unit
from reports.words import listed, plural

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
    in one process: on the host's cell of the same scenario, which may be known already. So are cells that hung, for
    there was no process left to explore them in; what a search proves of these is their outcome.
    """
    results = list(results)
    known = {_key(result): result for result in results if _is_explained(result)}
    wanted: dict[Cell, list[CellResult]] = {}
    for result in results:
        if _is_unexplained(result) or _can_be_explored(result):
            if (found := known.get(_key(result))) is not None and _shows(found, result):
                yield _judged(result, found)
            else:
                wanted.setdefault(_in_process(result), []).append(result)
    if wanted:
        say(f"searching the interleavings of {_counted(wanted.values())}")
    pool = Pool(lanes)
    try:
        for found in pool.run(_jobs(wanted, options, asked)):
            found = replace(found, explored=found.explored or _unsearched(found, asked))
            yield from (_judged(each, found) for each in wanted[found.cell] if _shows(found, each))
    finally:
        pool.stop()


def _shows(found: CellResult, result: CellResult) -> bool:
    """Tell whether the interleaving of one cell can be what another hung in, or is that of a mix-up as well."""
    if result.ending is not Ending.HUNG or found.cell == result.cell:
        return True
    assert found.explored is not None
    told = found.explored.explanation
    overlaps = Need.OVERLAP in load(result.cell.where).offers
    return told is None or (told.stuck and (overlaps or told.feasibility is Feasibility.SEQUENTIAL))


def _judged(result: CellResult, found: CellResult) -> CellResult:
    """Return a result with the exploration that stands for it, and the outcome that this proves of a cell that hung."""
    assert found.explored is not None
    if result.ending is Ending.HUNG and found.explored.outcome is Outcome.MIXED:
        result = replace(result, outcome=found.outcome, grade=found.grade)
    return replace(result, explored=found.explored)


def _counted(wanted: Iterable[list[CellResult]]) -> str:
    """Count what is searched, mix-ups before cells that hung."""
    hung = [results[0].ending is Ending.HUNG for results in wanted]
    mixed, stuck = hung.count(False), hung.count(True)
    parts = [plural(mixed, "more mix-up")] * bool(mixed) + [f"{plural(stuck, 'cell')} that hung"] * bool(
        stuck
    )
    return listed(parts)


def _is_unexplained(result: CellResult) -> bool:
    return result.outcome is Outcome.MIXED and result.ending is Ending.JUDGED and not _is_explained(result)


def _can_be_explored(result: CellResult) -> bool:
    """Tell whether a cell hung before it was explored, and can be."""
    scenario: Scenario = load(result.cell.scenario)
    return result.ending is Ending.HUNG and result.explored is None and scenario.few_suffice


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


def _in_process(result: CellResult) -> Cell:
    """Return the cell in one process that stands in for a cell: itself, or that on units of its kind."""
    if result.cell.place is Place.HOST and load(result.cell.where).name in _controlled():
        return result.cell
    name = controlled_for(result.unit).part.stands_for[0]
    return replace(result.cell, place=Place.HOST, where=_hosts()[name].path)


def _hosts() -> dict[str, Entry]:
    return {entry.name: entry for entry in entries("host")}


def _controlled() -> dict[str, str]:
    """Return the controlled host of each host that has one, by its name."""
    return {name: entry.path for entry in entries("controlled") for name in entry.part.stands_for}


def _jobs(wanted: Iterable[Cell], options: Options, asked: Explore) -> list[Job]:
    """Return a job for each subject and host."""
    checkers = tuple(entry.path for entry in entries("checker"))
    controlled = _controlled()
    cells: dict[tuple[str, str], list[Cell]] = {}
    for cell in wanted:
        if load(cell.target).in_process:
            cells.setdefault((cell.subject, cell.where), []).append(cell)
    hosts: dict[str, Host] = {where: load(where) for _, where in cells}
    return [
        Job(
            tuple(group),
            options.exploring(asked),
            checkers,
            hosts[where].patched,
            controlled=controlled[hosts[where].name],
        )
        for (_, where), group in cells.items()
    ]
