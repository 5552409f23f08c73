"""Says in words what a whole run comes to, the worst first."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from harness.core.record import CellResult, Run
from harness.core.verdict import Outcome
from reports.matrix import standing
from reports.sentences import deadlocked
from reports.words import FAULTS, Standing, listed, plural

MOST_NAMED = 4
"""Rows that one sentence names."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run comes to: one sentence, what is to be said beside it, and whether it is good."""

    sentence: str
    beside: tuple[str, ...]
    good: bool


def verdict(run: Run) -> Verdict:
    """Return the verdict of a run; it is good exactly where the exit code is 0."""
    said = list(_sentences(run)) or ["No cell was run, so nothing is known."]
    if run.interrupted:
        said.insert(0, "The run was interrupted; this is what was known by then.")
    return Verdict(said[0], tuple(said[1:]), run.exit_code() == 0)


def _sentences(run: Run) -> Iterator[str]:
    cells: dict[Standing, list[CellResult]] = {which: [] for which in Standing}
    for result in run.cells:
        cells[standing(result)].append(result)
    counts = Counter({which: len(found) for which, found in cells.items()})

    if cells[Standing.BROKEN]:
        yield _by_subject(run, cells[Standing.BROKEN], "broke its promise", "broke their promises")
    if cells[Standing.MISSED]:
        yield _by_subject(run, cells[Standing.MISSED], "was not caught", "were not caught")
    bad = {Standing.CRASHED: "crashed", Standing.HUNG: "hung", Standing.NOT_RUN: "did not run"}
    if ended := [f"{counts[which]:,} {words}" for which, words in bad.items() if counts[which]]:
        yield f"Of {plural(len(run.cells), 'cell')}, {listed(ended)}."
    if unproven := counts[Standing.UNPROVEN]:
        yield f"In {plural(unproven, 'cell')} the promise is unproven: too few chances, or requests that failed."

    kept, caught, free = counts[Standing.KEPT], counts[Standing.CAUGHT], counts[Standing.UNPROMISED]
    if any(counts[which] for which in FAULTS):
        rest = [f"promises were kept in {plural(kept, 'cell')}"] * bool(kept)
        rest += [f"known mix-ups were caught in {plural(caught, 'cell')}"] * bool(caught)
        if rest:
            yield f"Elsewhere {listed(rest)}."
    elif kept:
        yield f"Every promise was kept in {plural(kept, 'cell')}" + (
            f" and every known mix-up was caught in {caught:,}." if caught else "."
        )
    elif caught:
        yield f"Every known mix-up was caught in {plural(caught, 'cell')}."
    if free:
        mixed = sum(result.outcome is Outcome.MIXED for result in cells[Standing.UNPROMISED])
        cells_more = plural(free, "more cell" if kept or caught else "cell")
        which = "all of them" if mixed == free else f"{mixed:,} of them" if mixed else "none of them"
        if free == 1:
            which = "it" if mixed else "it no"
        stuck = any(deadlocked(result) for result in cells[Standing.UNPROMISED])
        how = "were mixed up or stuck" if stuck else "were mixed up"
        yield f"Nothing is promised in {cells_more}; in {which} requests {how}."


def _by_subject(run: Run, results: list[CellResult], one: str, many: str) -> str:
    """Say which rows did something, on which units and in how many cells."""
    names = {subject.path: subject.name for subject in run.subjects}
    groups: dict[str, list[CellResult]] = {}
    for result in results:
        groups.setdefault(names.get(result.cell.subject, result.cell.subject), []).append(result)

    def on(group: list[CellResult]) -> str:
        units = dict.fromkeys(f"{result.unit.value}s" for result in group)
        return f"on {listed(list(units))} in {plural(len(group), 'cell')}"

    if len(groups) == 1:
        [(name, group)] = groups.items()
        return f"{name} {one} {on(group)}."
    each = [f"{name} {on(group)}" for name, group in list(groups.items())[:MOST_NAMED]]
    if len(groups) > MOST_NAMED:
        each.append(f"and {len(groups) - MOST_NAMED} more")
    return f"{len(groups)} rows {many}: {'; '.join(each)}."
