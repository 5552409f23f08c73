"""Opens a host of controlled threads: its names of the standard library, its watcher, its threads; and closes it."""

import sys
from _thread import get_ident
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from harness.controlled._place import NOWHERE, Place, beginning, place
from harness.controlled._points.watcher import make_watcher
from harness.controlled._processor import Processor
from harness.controlled._standard.adoption import Adoption
from harness.controlled._standard.places import MAKERS
from harness.controlled._threads.baton import Baton
from harness.controlled._threads.interrupts import Interrupts
from harness.controlled._threads.member import Body
from harness.controlled._threads.patches import patches, stand_ins
from harness.controlled._threads.pools import Pools
from harness.controlled._threads.spawning import Spawning
from harness.controlled._threads.worker import Worker
from harness.core.control import Watch, Work
from harness.core.errors import UserError
from harness.core.execution import Execution
from harness.core.feasibility import Feasibility
from harness.core.ports import Gate, Visit
from harness.core.steps import drive
from harness.gates.once import GATE
from harness.units.thread import ThreadSteps


class ThreadControl:
    """Runs schedules on threads; ``pooled`` ones serve all requests of a unit, others one each."""

    def __init__(self, pooled: bool) -> None:
        self._pooled = pooled
        self._baton = Baton()
        self._baton.watcher = self._watcher = make_watcher(self._baton.reach)
        self._spawning = Spawning(self._baton)
        self._pools = Pools(self._baton, self._spawning)
        self._patches = patches(self._baton, self._spawning, self._pools)
        self._interrupts = Interrupts()
        self._processor = Processor()
        self._baton.interrupted = lambda: self._interrupts.heard
        self._adoption = Adoption(stand_ins(self._baton), MAKERS)
        self._calls: list[Callable[[], Any] | None] = []

    def open(self) -> None:
        """Take over the names of the standard library."""
        self._baton.driver = get_ident()
        self._patches.install()
        self._interrupts.open()
        self._processor.hold()

    def close(self) -> None:
        """Give everything back, and end the threads."""
        try:
            self._interrupts.close()
            self._baton.driver = 0
            self._adoption.give_back()
            self._patches.remove()
            self._watcher.close()
            self._baton.close()
        finally:
            self._processor.let_go()

    def watch(self, watch: Watch) -> None:
        """Report these switch points from the next schedule on."""
        self._baton.finely = watch.level.rank >= Feasibility.GIL_SWITCH.rank
        self._watcher.watch(watch)
        self._adoption.watch(watch.files)

    def run(self, works: Sequence[Work], execution: Execution) -> None:
        """Run one schedule to its fate."""
        gate = GATE.make(len(works))
        bodies = self._bodies_pooled if self._pooled else self._bodies_anew
        self._calls = [work.call for work in works]
        if not self._adoption.knows_calls:
            self._adoption.of_calls(self._calls)
        self._interrupts.begin(execution)
        try:
            self._baton.run(
                [(work.name, bodies(work, gate)) for work in works],
                execution,
                pooled=self._pooled,
            )
        finally:
            self._pools.forget()
            self._spawning.forget()
            self._interrupts.end()

    def locate(self, unit: int) -> Place:
        """Return where a unit stands; one that has not begun, where its function begins."""
        ident = self._baton.ident(unit)
        if ident:
            return place(sys._current_frames().get(ident))
        return beginning(self._calls[unit]) if unit < len(self._calls) else NOWHERE

    def _bodies_pooled(self, work: Work, gate: Gate) -> Sequence[Body]:
        if work.call is not None:
            call = work.call
            return [lambda worker: call()]
        steps = ThreadSteps(gate)

        def serve(worker: Worker) -> None:
            for number, (seed, visit) in enumerate(work.visits):
                if number:
                    self._baton.pause()
                drive(visit(work.name), steps.begin(seed))

        return [serve]

    def _bodies_anew(self, work: Work, gate: Gate) -> Sequence[Body]:
        """Give each request a thread of its own."""
        calls: list[Callable[[], Any]]
        if work.call is not None:
            calls = [work.call]
        else:
            steps = ThreadSteps(gate)
            calls = [
                partial(_visit, visit, f"{work.name}/{number}", seed, steps)
                for number, (seed, visit) in enumerate(work.visits, 1)
            ]
        return [partial(self._spawning.run_anew, call) for call in calls]


def _visit(visit: Visit, label: str, seed: int, steps: ThreadSteps) -> None:
    drive(visit(label), steps.begin(seed))


@contextmanager
def opened(*, pooled: bool) -> Iterator[ThreadControl]:
    """Open a host for as long as the context lasts."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        raise UserError(
            "the host threads needs real threads, which gevent has patched in this process; "
            "explore on greenlets, or without the patch"
        )
    control = ThreadControl(pooled)
    control.open()
    try:
        yield control
    finally:
        control.close()
