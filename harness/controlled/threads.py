"""The controlled host ``threads``: real threads that are kept, of which a scheduler picks the one that runs."""

from harness.controlled._threads.control import opened
from harness.core.control import ControlledHost
from harness.core.feasibility import Feasibility
from localimpl import Unit

CONTROLLED = ControlledHost(
    name="threads",
    summary="real threads, one running at a time; each unit keeps its thread over all its requests",
    unit=Unit.THREAD,
    open=lambda: opened(pooled=True),
    levels=tuple(Feasibility),
    stands_for=("threads",),
)
