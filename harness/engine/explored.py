"""Explores the schedules of a cell on a host, and puts what that came to beside what the flood saw."""

from dataclasses import replace
from inspect import getsourcefile
from pathlib import Path

import harness
from harness.core.control import ControlledHost, Strategy
from harness.core.errors import UserError
from harness.core.exploration import Exploration
from harness.core.feasibility import Feasibility, has_gil
from harness.core.names import load
from harness.core.record import Cell, CellResult, Ending
from harness.core.verdict import Outcome, grade
from harness.engine.cell_program import CellProgram
from harness.engine.job import Explore, Job, explore_command
from harness.engine.judge import with_exploration
from harness.engine.subjects import find_subject
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from harness.explorer.search import Tell
from harness.explorer.words import silent_words
from localimpl import Subject

AROUND = 1
"""The most preemptions with which the framework is looked into as well: with 2, a cell has millions of schedules."""
SHARE_AROUND = 0.2
"""The part of a search's time that is kept for that, and what else is left of it."""


def explored(result: CellResult, job: Job, tell: Tell) -> CellResult:
    """Return the result with an exploration of its cell; a mix-up counts, whichever of the two saw it.

    A cell that was not flooded has the exploration's outcome alone. What no controlled host stands for, and what
    hung or crashed under the flood, is left as it is.
    """
    asked = job.options.explore
    if asked is None or not job.controlled or result.ending is not Ending.JUDGED:
        return result
    if job.options.flood and not load(result.cell.scenario).few_suffice:
        return result
    try:
        found = exploration(result.cell, job, asked, tell)
    except UserError as error:
        if not job.options.flood:
            raise
        return replace(result, explored=unsearched(result.cell, job.controlled, asked, str(error)))
    outcome = with_exploration(result.outcome, found, job.options.flood)
    subject = find_subject(result.cell.subject)
    place = load(result.cell.where)
    scenario = load(result.cell.scenario)
    return replace(
        result,
        outcome=outcome,
        grade=grade(outcome, subject.promise, place.unit, scenario.name, place.offers),
        explored=found,
        repeat=result.repeat if job.options.flood else found.repeat,
        seconds=round(result.seconds + found.seconds, 4),
    )


def unsearched(cell: Cell, controlled: str, asked: Explore, reason: str) -> Exploration:
    """Return the exploration of a cell of which nothing is known but why."""
    host: ControlledHost = load(controlled)
    strategy: Strategy = load(asked.strategy)
    return Exploration(
        program=cell.id,
        host=host.name,
        unit=host.unit,
        strategy=strategy.name,
        outcome=Outcome.INCONCLUSIVE,
        sentence="No schedule was searched.",
        schedules=0,
        found_at=0,
        switch_points=0,
        contested=0,
        reduced=False,
        reason=reason,
    )


def exploration(cell: Cell, job: Job, asked: Explore, tell: Tell = lambda count: None) -> Exploration:
    """Search the schedules of a cell as far as asked; where nothing is found, with a look into the framework too."""
    program = _program(cell, job, asked, asked.files)
    host: ControlledHost = load(job.controlled)
    limits = Limits(
        bound=asked.bound,
        schedules=asked.schedules,
        seconds=asked.seconds,
        strategy=load(asked.strategy),
        seed=job.options.seed,
        files=tuple(dict.fromkeys([*source_of(program.subject), *asked.files])),
        level=asked.level,
        reduce=asked.reduce,
    )
    around = _around(limits, host)
    kept = limits.seconds * SHARE_AROUND if around else 0.0
    found = explore(program, host, replace(limits, seconds=limits.seconds - kept), tell)
    if around and found.outcome is Outcome.ISOLATED and not found.interrupted:
        before = found.schedules
        wider = replace(
            limits,
            bound=AROUND if limits.bound is None else min(AROUND, limits.bound),
            seconds=max(kept, limits.seconds - found.seconds),
            files=(*limits.files, *around),
            level=Feasibility.GIL_SWITCH if has_gil() else limits.level,
        )
        program = _program(cell, job, asked, wider.files)
        more = explore(program, host, wider, lambda count: tell(before + count))
        found = looked_around(found, more, around)
    return replace(found, repeat=explore_command(cell, job.options))


def looked_around(found: Exploration, wider: Exploration, around: tuple[str, ...]) -> Exploration:
    """Return a silent exploration with what one came to that looked into further files as well."""
    if wider.outcome is Outcome.MIXED:
        said = wider.sentence
    elif wider.reason and not wider.interrupted:
        said = f"{wider.reason}."
    else:
        weak = [phase for phase in wider.phases if phase.feasibility is not Feasibility.FIFO]
        said = silent_words(weak, sampled="", reduced=False)
    return replace(
        wider if wider.outcome is Outcome.MIXED else found,
        sentence=f"{found.sentence} With the framework looked into as well: {said[:1].lower()}{said[1:]}",
        schedules=found.schedules + wider.schedules,
        found_at=found.schedules + wider.found_at if wider.found_at else found.found_at,
        contested=found.contested + wider.contested,
        watch=found.watch,
        around=around,
        phases=(*found.phases, *(replace(phase, around=True) for phase in wider.phases)),
        interrupted=wider.interrupted,
        seconds=round(found.seconds + wider.seconds, 4),
    )


def _around(limits: Limits, host: ControlledHost) -> tuple[str, ...]:
    """Return the framework's files where a search that may look into functions knows how to go no deeper than asked."""
    inside = limits.level.rank >= Feasibility.GIL_SWITCH.rank and Feasibility.GIL_SWITCH in host.levels
    if not (inside and limits.strategy.bounded):
        return ()
    return tuple(file for file in framework() if file not in limits.files)


def framework() -> tuple[str, ...]:
    """Return the source files of the framework in which targets of our own mount scenarios."""
    return tuple(sorted(map(str, (Path(harness.__file__).parent / "framework").rglob("*.py"))))


def _program(cell: Cell, job: Job, asked: Explore, watched: tuple[str, ...]) -> CellProgram:
    checkers = [load(path) for path in job.checkers]
    return CellProgram(cell, checkers, job.options.seed, requests=asked.requests, watched=watched)


def source_of(subject: Subject) -> tuple[str, ...]:
    """Return the source file in which a subject's Local is written, if it is written in Python.

    Where we only lend somebody's own storage our surface, that is the storage's.
    """
    local = subject.make()
    try:
        file = getsourcefile(type(getattr(local, "__wrapped__", local)))
    except TypeError:
        return ()
    return (file,) if file else ()
