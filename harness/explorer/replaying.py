"""Runs the one schedule of a token again, and says whether the mix-up is still there."""

from dataclasses import dataclass

from harness.core.control import Control, ControlledHost, Mixup, Program, Separable, Watch
from harness.core.errors import UserError
from harness.core.execution import Fate, Scheduler
from harness.core.exploration import Explanation, Exploration
from harness.explorer.exploring import explore
from harness.explorer.learning import learn
from harness.explorer.limits import Limits
from harness.explorer.schedule import Following, Ran, run_schedule
from harness.explorer.telling.explain import explain
from harness.explorer.token import Token
from harness.schedulers.replay import Replay


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a schedule came to when it was run again."""

    mixup: Mixup | None
    explanation: Explanation | None
    """How it came about, if it did."""
    missed: int
    """Switches of the schedule that were never come to: the code has changed since."""


def replay(program: Program, host: ControlledHost, token: Token) -> Replayed:
    """Run the schedule of a token. Raises UserError when the host cannot control what the program does."""
    if token.without and isinstance(program, Separable):
        program = program.without(token.without) or program
    with host.open() as control:
        control.watch(Watch(token.files, token.level))
        # The first schedule fills caches and imports, and so has other steps than those that a search ran.
        _run(program, control, Following(()))
        if trouble := learn(program, lambda scheduler: _run(program, control, scheduler)):
            raise UserError(f"{program.name} cannot be judged: {trouble}")
        scheduler = Replay(token.switches)
        scheduler.begin()
        ran = _run(program, control, scheduler)
        if ran.mixup is None:
            return Replayed(None, None, len(scheduler.missed))
        closer = Watch(token.files, host.levels[-1], every=True)
        # Another schedule may have shown that less will do; of this one alone that cannot be told.
        needs = token.feasibility or ran.needs()
        told = explain(program, control, ran.execution.ran, ran.mixup, needs, closer)
    return Replayed(ran.mixup, told, len(scheduler.missed))


def search_instead(program: Program, host: ControlledHost, token: Token) -> Exploration:
    """Search all schedules that are no harder to come by, where the code has changed and the token's are gone."""
    limits = Limits(bound=max(token.bound, 1), files=token.files, level=token.level, seed=token.seed)
    return explore(program, host, limits)


def _run(program: Program, control: Control, scheduler: Scheduler) -> Ran:
    ran = run_schedule(program, control, scheduler, located=True)
    if ran.execution.fate is Fate.UNCONTROLLED:
        raise UserError(f"{program.name} cannot be replayed: {ran.execution.trouble}")
    return ran
