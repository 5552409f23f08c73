"""Notes where a schedule deviates from the default, in terms that survive another version of Python."""

from harness.core.execution import Execution, Scheduler
from harness.core.exploration import Switch
from harness.schedulers.replay import deviation


class Deviations:
    """Picks as another scheduler does and keeps a switch for each pick that is not the default's.

    The execution must note anchors, that is, have ``locate``.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.switches: list[Switch] = []

    def begin(self) -> bool:
        """Begin the next schedule."""
        self.switches = []
        return self._scheduler.begin()

    def pick(self, execution: Execution) -> int:
        """Return whom the other scheduler picks."""
        chosen = self._scheduler.pick(execution)
        if chosen != execution.default():
            self.switches.append(deviation(execution, chosen))
        return chosen

    def done(self, execution: Execution) -> None:
        """Tell the other scheduler."""
        self._scheduler.done(execution)
