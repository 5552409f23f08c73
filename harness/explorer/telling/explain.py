"""Explains a mix-up: runs its schedule once more and tells what happened, line by line and in one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.core.control import Control, Mixup, Program, Watch, Work
from harness.core.errors import UserError
from harness.core.execution import Scheduler
from harness.core.exploration import Explanation, Switch
from harness.core.feasibility import Feasibility
from harness.core.history import History
from harness.explorer.determinism import MOST_TRIES
from harness.explorer.deviations import Deviations
from harness.explorer.places import shown
from harness.explorer.schedule import Following, run_round
from harness.explorer.telling.happened import happened
from harness.explorer.telling.lines import code_of, write_lines
from harness.explorer.telling.located import Tape, What, lines_noted
from harness.schedulers.replay import Replay
from localimpl import Unit


@dataclass(frozen=True, slots=True)
class Take:
    """One run of the schedule, on tape."""

    tape: Tape
    history: History
    works: Sequence[Work]
    switches: Sequence[Switch]
    mixup: Mixup | None


class UnrepeatedError(UserError):
    """A schedule that showed a mix-up does not show it when it is run once more to be explained."""


def explain(
    program: Program,
    control: Control,
    path: Sequence[int],
    mixup: Mixup,
    feasibility: Feasibility,
    closer: Watch | None = None,
) -> Explanation:
    """Run a schedule again, by the unit of each step, and explain the mix-up that it shows.

    The host must report the switch points with which the schedule was found; ``closer`` names more of them that it
    could report, so that threads show what they do between two switches, and is what the host watches afterwards.
    ``token`` is left empty. Raises UnrepeatedError when the schedule does not show the mix-up again in a few runs.
    """
    for _ in range(MOST_TRIES):
        take = _take(program, control, Following(path))
        again = take.mixup
        if again is not None and again.kind == mixup.kind:
            break
    else:
        raise UnrepeatedError(
            f"{program.name}: the schedule that showed {mixup.sentence!r} came to "
            f"{again.sentence if again else 'nothing wrong'!r} when it was run again; the program is not deterministic "
            "under control: take out what changes from run to run"
        )
    first = take
    near = _closer(program, control, path, take, closer)
    if near is not None and near.mixup is not None and near.mixup.kind == again.kind:
        take, again = near, near.mixup
    told = happened(take.tape, take.history, again)
    lines = write_lines(take.tape, take.history, take.works, told)
    return Explanation(
        sentence=told.sentence,
        kind=again.kind,
        feasibility=feasibility,
        preemptions=first.tape.preemptions,
        units=tuple(dict.fromkeys(line.unit for line in lines)),
        schedule=tuple(replace(switch, file=shown(switch.file)) for switch in first.switches),
        lines=lines,
        token="",
    )


def _closer(
    program: Program, control: Control, path: Sequence[int], take: Take, closer: Watch | None
) -> Take | None:
    """Run the schedule once more and note each line as well: by tracing, but for threads, which the host traces."""
    if program.unit is not Unit.THREAD:
        return _take(program, control, Following(path), _files(take))
    if closer is None:
        return None
    control.watch(closer)
    # Steps mean something else among more switch points; places do not.
    return _take(program, control, Replay(take.switches))


def _take(
    program: Program, control: Control, scheduler: Scheduler, files: frozenset[str] = frozenset()
) -> Take:
    """Run the schedule and note what happens; of these files, each line."""
    deviations = Deviations(scheduler)
    deviations.begin()
    tape = Tape(deviations, tracked=program.tracked, locate=control.locate)
    history = History()
    tape.note_to(history)
    round_ = program.begin(history)
    with lines_noted(tape, files):
        mixup = run_round(round_, control, tape, history).mixup
    return Take(tape, history, round_.works, deviations.switches, mixup)


def _files(take: Take) -> frozenset[str]:
    """Return the source files to look into: of the events that prove the mix-up, else of where units stood."""
    codes = (code_of(work.call) for work in take.works)
    files = {code.co_filename for code in codes if code is not None}
    proof = take.mixup.witness.seqs if take.mixup is not None and take.mixup.witness is not None else ()
    for moment in take.tape.moments:
        if moment.seq in proof if proof else moment.what is What.TURN:
            files.add(moment.file)
    return frozenset(files - {""})
