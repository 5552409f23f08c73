"""Explores the schedules of a cell on a host, and puts what that came to beside what the flood saw."""

from dataclasses import replace
from inspect import getsourcefile

from harness.core.control import ControlledHost, Strategy
from harness.core.errors import UserError
from harness.core.exploration import Exploration
from harness.core.names import load
from harness.core.record import Cell, CellResult, Ending
from harness.core.verdict import Outcome, grade
from harness.engine.cell_program import CellProgram
from harness.engine.job import Explore, Job, explore_command
from harness.engine.judge import with_exploration
from harness.engine.subjects import find_subject
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from localimpl import Subject


def explored(result: CellResult, job: Job) -> CellResult:
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
        found = exploration(result, job, asked)
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


def exploration(result: CellResult, job: Job, asked: Explore) -> Exploration:
    """Search the schedules of a cell as far as asked."""
    checkers = [load(path) for path in job.checkers]
    program = CellProgram(
        result.cell, checkers, job.options.seed, requests=asked.requests, watched=asked.files
    )
    host: ControlledHost = load(job.controlled)
    strategy: Strategy = load(asked.strategy)
    limits = Limits(
        bound=asked.bound,
        schedules=asked.schedules,
        seconds=asked.seconds,
        strategy=strategy,
        seed=job.options.seed,
        files=tuple(dict.fromkeys([*source_of(program.subject), *asked.files])),
        level=asked.level,
        reduce=asked.reduce,
    )
    return replace(explore(program, host, limits), repeat=explore_command(result.cell, job.options))


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
