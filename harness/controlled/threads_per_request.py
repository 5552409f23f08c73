"""The controlled host ``threads_per_request``: each request has a new thread, with the ident of one that has ended."""

from harness.controlled._threads.control import opened
from harness.core.control import ControlledHost
from harness.core.feasibility import Feasibility
from localimpl import Unit

CONTROLLED = ControlledHost(
    name="threads_per_request",
    summary="real threads, one running at a time; each request has a new one, joined before the unit's next begins",
    unit=Unit.THREAD,
    open=lambda: opened(pooled=False),
    levels=tuple(Feasibility),
    stands_for=("threads_per_request",),
)
