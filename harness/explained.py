"""Hands what a flood saw or hung in to the explorer, and attaches the smallest interleaving that shows it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from harness.catalog import Entry, controlled_for, entries
from harness.core.exploration import Exploration
from harness.core.names import load
from harness.core.ports import Host
from harness.core.record import Cell, CellResult, Ending, Place
from harness.core.scenario import Scenario
from harness.core.verdict import Outcome
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
    in one process: on the host's cell of the same scenario, which may be known already. So are cells of hosts that
    hung, for there was no process left to explore them in; what that proves is their outcome.
    """
    results = list(results)
    known = {_key(result): result for result in results if _is_explained(result)}
    mixed: dict[Cell, list[CellResult]] = {}
    hung: dict[Cell, CellResult] = {}
    for result in results:
        if result.outcome is Outcome.MIXED and result.ending is Ending.JUDGED and not _is_explained(result):
            if (found := known.get(_key(result))) is not None:
                yield replace(result, explored=found.explored)
            else:
                mixed.setdefault(_in_process(result), []).append(result)
        elif _can_be_explored(result):
            hung[result.cell] = result
    if mixed or hung:
        say(f"searching the interleavings of {_counted(len(mixed), len(hung))}")
    pool = Pool(lanes)
    try:
        for found in pool.run(_jobs({**mixed, **hung}, options, asked)):
            explored = found.explored or _unsearched(found, asked)
            for result in mixed.get(found.cell, []):
                yield replace(result, explored=explored)
            if (stuck := hung.get(found.cell)) is not None:
                judged = found if explored.outcome is Outcome.MIXED else stuck
                yield replace(stuck, explored=explored, outcome=judged.outcome, grade=judged.grade)
    finally:
        pool.stop()


def _counted(mixed: int, hung: int) -> str:
    parts = [plural(mixed, "more mix-up")] * bool(mixed) + [f"{plural(hung, 'cell')} that hung"] * bool(hung)
    return listed(parts)


def _can_be_explored(result: CellResult) -> bool:
    """Tell whether a cell hung before it was explored, and can be."""
    cell = result.cell
    if result.ending is not Ending.HUNG or cell.place is not Place.HOST or result.explored is not None:
        return False
    scenario: Scenario = load(cell.scenario)
    return scenario.few_suffice and load(cell.where).name in _controlled()


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
    """Return the cell in one process that stands in for a cell: on units of its kind."""
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
