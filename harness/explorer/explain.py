"""Explains a mix-up: runs its schedule once more and tells what happened, line by line and in one sentence."""

from collections.abc import Sequence
from dataclasses import replace

from harness.core.control import Control, Mixup, Program
from harness.core.errors import UserError
from harness.core.exploration import Explanation
from harness.core.feasibility import Feasibility
from harness.core.history import History
from harness.explorer.deviations import Deviations
from harness.explorer.happened import happened
from harness.explorer.lines import code_of, write_lines
from harness.explorer.located import Tape, lines_noted
from harness.explorer.places import shown
from harness.explorer.schedule import Following, run_round
from localimpl import Unit


def explain(
    program: Program, control: Control, path: Sequence[int], mixup: Mixup, feasibility: Feasibility
) -> Explanation:
    """Run a schedule again, by the unit of each step, and explain the mix-up that it shows.

    The host must report the switch points with which the schedule was found; ``token`` is left empty. Raises UserError
    when the schedule does not show the mix-up again.
    """
    deviations = Deviations(Following(path))
    deviations.begin()
    tape = Tape(deviations, tracked=program.tracked, locate=control.locate)
    history = History()
    tape.note_to(history)
    round_ = program.begin(history)
    # Threads report the lines themselves, as switch points.
    codes = [] if program.unit is Unit.THREAD else [code_of(work.call) for work in round_.works]
    files = frozenset(code.co_filename for code in codes if code is not None)
    with lines_noted(tape, files):
        again = run_round(round_, control, tape, history).mixup
    if again is None or again.kind != mixup.kind:
        raise UserError(
            f"{program.name}: the schedule that showed {mixup.sentence!r} came to "
            f"{again.sentence if again else 'nothing wrong'!r} when it was run again; the program is not deterministic "
            "under control: take out what changes from run to run"
        )
    told = happened(tape, history, again)
    lines = write_lines(tape, history, round_.works, told)
    return Explanation(
        sentence=told.sentence,
        kind=again.kind,
        feasibility=feasibility,
        preemptions=tape.preemptions,
        units=tuple(dict.fromkeys(line.unit for line in lines)),
        schedule=tuple(replace(switch, file=shown(switch.file)) for switch in deviations.switches),
        lines=lines,
        token="",
    )
