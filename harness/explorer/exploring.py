"""Explores a program: searches its schedules, makes the witness small, explains it, and says what it came to."""

import sys
from dataclasses import replace

from harness.core.control import Control, ControlledHost, Program, Watch
from harness.core.execution import Fate
from harness.core.exploration import Explanation, Exploration
from harness.core.feasibility import Feasibility, has_gil
from harness.core.verdict import Outcome
from harness.explorer.limits import Limits
from harness.explorer.schedule import Ran
from harness.explorer.search import Search, Tell
from harness.explorer.smaller import smallest
from harness.explorer.telling.explain import UnrepeatedError, explain
from harness.explorer.token import encode
from harness.explorer.words import found_words, silent_words
from localimpl import Unit

MOST_STATES = 20
"""The most outcomes of schedules that are kept."""
LETS_OTHERS_IN = {
    Unit.THREAD: "Let what waits for I/O in real life sleep, or look into the source with --watch FILE "
    "(in pytest watch=[FILE])",
    Unit.GREENLET: "Let what waits for I/O in real life call gevent.sleep; time.sleep, locks and queues of the "
    "standard library let no other greenlet run, for gevent has not patched the process",
    Unit.TASK: "Let what waits for I/O in real life await asyncio.sleep",
}
"""What to do where no unit could run while another was under way."""
PATCHED = "Let what waits for I/O in real life call gevent.sleep or time.sleep"
"""The same for greenlets in a process that gevent has patched."""


def explore(
    program: Program, host: ControlledHost, limits: Limits, tell: Tell = lambda count: None
) -> Exploration:
    """Search the program's schedules on a host and return all that is known.

    Ctrl-C ends the search with what is known by then.
    """
    with host.open() as control:
        search = Search(program, host, control, limits, tell)
        search.run()
        interrupted = search.interrupted
        explanation = None
        unexplained = ""
        if search.found is not None and not interrupted:
            try:
                explanation = _explained(program, host, control, limits, search.found, search)
            except UnrepeatedError as error:
                unexplained = f" It cannot be explained: {error}."
            except KeyboardInterrupt:
                interrupted = True
    interesting = search.feasibility is Feasibility.FREE_THREADED and has_gil()
    outcome, reason = _outcome(program, search, interesting)
    tally = search.tally
    reduced = limits.reduce and program.tracked and limits.strategy.exhausts
    return Exploration(
        program=program.name,
        host=host.name,
        unit=host.unit,
        strategy=limits.strategy.name,
        outcome=outcome,
        sentence=_sentence(search, explanation, limits, reduced=reduced, interesting=interesting)
        + unexplained,
        schedules=tally.schedules,
        found_at=search.found_at,
        switch_points=tally.switch_points,
        contested=tally.contested,
        reduced=reduced,
        watch=limits.files,
        phases=tuple(search.phases),
        reason=reason,
        explanation=explanation,
        interesting=interesting,
        states=tuple(tally.states.most_common(MOST_STATES)),
        interrupted=interrupted,
        seconds=round(search.seconds, 4),
    )


def _explained(
    program: Program, host: ControlledHost, control: Control, limits: Limits, found: Ran, search: Search
) -> Explanation:
    assert found.mixup is not None
    control.watch(Watch(limits.files, search.level))
    small = smallest(program, control, found.execution.ran, found.mixup)
    closer = Watch(limits.files, host.levels[-1], every=True)
    told = explain(small.program, control, small.path, small.mixup, search.feasibility, closer)
    if not program.reference:
        return told
    token = encode(
        program.reference,
        host.name,
        limits.files,
        small.needs,
        told.schedule,
        seed=limits.seed,
        without=small.without,
        bound=told.preemptions,
        feasibility=search.feasibility,
    )
    return replace(told, token=token)


def _outcome(program: Program, search: Search, interesting: bool) -> tuple[Outcome, str]:
    if search.reason:
        return Outcome.INCONCLUSIVE, search.reason
    if search.found is not None and not interesting:
        return Outcome.MIXED, ""
    if search.tally.given_up:
        fate = search.tally.given_up[0]
        why = "went round in circles" if fate is Fate.LIVELOCK else "had too many steps"
        return Outcome.INCONCLUSIVE, f"{len(search.tally.given_up):,} schedules were given up: they {why}"
    short = program.shortfall()
    if short and search.tally.failed:
        # That none could run while another was under way may well come of the failure.
        return Outcome.INCONCLUSIVE, short
    if not search.tally.overlapped:
        alone = "no unit could run while another was under way: nothing in it pauses or waits. "
        alone += PATCHED if program.unit is Unit.GREENLET and _patched() else LETS_OTHERS_IN[program.unit]
        return Outcome.INCONCLUSIVE, f"{short}; {alone}" if short else alone
    if short:
        return Outcome.INCONCLUSIVE, short if search.complete else f"{short} within the limits of the search"
    return Outcome.ISOLATED, ""


def _patched() -> bool:
    """Tell whether gevent has taken the place of what waits in the standard library, without importing it."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("time"))


def _sentence(
    search: Search, explanation: Explanation | None, limits: Limits, *, reduced: bool, interesting: bool
) -> str:
    sampled = "" if limits.strategy.exhausts else f"{limits.strategy.name}, seed {limits.seed}"
    if search.found is None:
        return silent_words(search.phases, sampled=sampled, reduced=reduced)
    assert search.found.mixup is not None
    told = search.found.execution if explanation is None else explanation
    kind = search.found.mixup.kind if explanation is None else explanation.kind
    found = found_words(kind, search.found_at, told.preemptions, search.feasibility)
    if not interesting:
        return found
    weaker = [phase for phase in search.phases if phase.feasibility is not Feasibility.FREE_THREADED]
    return f"{silent_words(weaker, sampled=sampled, reduced=reduced)} {found}"
