"""Watches units by ``sys.monitoring``, which costs nothing at instructions that are no switch points: from 3.12."""

import sys
from collections.abc import Callable
from threading import get_ident
from types import CodeType
from typing import Any

from harness.controlled._instructions import Site, entered
from harness.controlled._plans import Plan, Plans
from harness.core.control import Watch
from harness.core.errors import UserError
from harness.core.execution import Point

monitoring: Any = vars(sys).get("monitoring")
TOOL = "ctxstress"
IDS = (3, 4, 2, 5, 1, 0)
"""Tool ids, those that nobody has a claim to first."""
SPREAD_UNTOLD = sys.version_info < (3, 13)
"""3.12 tells of no call `f(*args)` of a Python function: it is seen by its entry alone, if that is watched."""
NEW: Plan = {}
"""In place of the plan of a code object that is met for the first time."""


class MonitoringWatcher:
    """Has watched code report its switch points alone, whoever runs it, and passes on those of entered threads."""

    def __init__(self, reach: Callable[[Point], None]) -> None:
        self._reach = reach
        self._plans = Plans(Watch())
        self._calls: dict[int, dict[int, Site]] = {}
        self._direct: dict[int, set[Site]] = {}
        """By thread, the calls that entered watched code: that has switch points of its own."""
        self._spread: dict[int, Site] = {}
        """By thread, a call `f(*args)` that has entered no watched code yet."""
        self._tool = _take_tool()

    def watch(self, watch: Watch) -> None:
        """Forget what was known under another watch, and let code that was passed over report anew."""
        self._stop()
        self._plans = Plans(watch)
        if self._plans.on:
            events = monitoring.events
            for event, callback in (
                (events.PY_START, self._started),
                (events.PY_RESUME, self._passed),
                (events.INSTRUCTION, self._passed),
                (events.CALL, self._called),
            ):
                monitoring.register_callback(self._tool, event, callback)
            monitoring.set_events(self._tool, events.PY_START)
            monitoring.restart_events()

    def enter(self) -> None:
        """Pass on what this thread comes by."""
        if self._plans.on:
            self._direct[get_ident()] = set()

    def leave(self) -> None:
        """Pass on no more of this thread."""
        ident = get_ident()
        self._direct.pop(ident, None)
        self._spread.pop(ident, None)

    def close(self) -> None:
        """Give back the tool id."""
        self._stop()
        monitoring.free_tool_id(self._tool)

    def _stop(self) -> None:
        monitoring.set_events(self._tool, 0)
        for code in self._plans.planned():
            monitoring.set_local_events(self._tool, code, 0)
        self._calls.clear()

    def _started(self, code: CodeType, offset: int) -> object:
        plan = self._plans.known.get(id(code), NEW)
        if plan is NEW:
            plan = self._learn(code)
        if plan is None:
            return monitoring.DISABLE
        if SPREAD_UNTOLD and self._spread:
            self._entered(code)
        if offset in plan:
            return self._passed(code, offset)
        return None

    def _learn(self, code: CodeType) -> Plan | None:
        plan = self._plans.learn(code, sys._getframe(2).f_globals)
        if plan is not None:
            events = monitoring.events
            self._calls[id(code)] = {stop.site.offset: stop.site for stop in plan.values() if stop.site}
            monitoring.set_local_events(self._tool, code, events.PY_RESUME | events.INSTRUCTION | events.CALL)
        return plan

    def _entered(self, code: CodeType) -> None:
        ident = get_ident()
        site = self._spread.pop(ident, None)
        caller = sys._getframe(2).f_back
        if site and caller and site.offset <= caller.f_lasti < site.end and site.calls(code):
            self._direct[ident].add(site)

    def _passed(self, code: CodeType, offset: int) -> object:
        plan = self._plans.known[id(code)]
        stop = plan.get(offset) if plan else None
        if stop is None:
            return monitoring.DISABLE
        direct = self._direct.get(get_ident())
        if direct is None:
            return None
        if stop.returned is not None and stop.returned_from not in direct:
            self._reach_from(stop.returned)
        if stop.point is not None:
            self._reach_from(stop.point)
        if SPREAD_UNTOLD and stop.site is not None and stop.site.spread:
            direct.discard(stop.site)
            self._spread[get_ident()] = stop.site
        return None

    def _called(self, code: CodeType, offset: int, callable_: object, argument: object) -> object:
        site = self._calls[id(code)].get(offset)
        if site is None:
            return monitoring.DISABLE
        direct = self._direct.get(get_ident())
        if direct is None:
            return None
        if SPREAD_UNTOLD:
            self._spread.pop(get_ident(), None)
        inner = entered(callable_)
        if inner is not None and self._plans.watches(inner):
            direct.add(site)
        else:
            direct.discard(site)
            if inner is not None and not site.blind:
                self._reach_from(site.point)
        return None

    def _reach_from(self, point: Point) -> None:
        try:
            self._reach(point)
        except BaseException:
            self.leave()
            raise


def _take_tool() -> int:
    for tool in IDS:
        if monitoring.get_tool(tool) is None:
            monitoring.use_tool_id(tool, TOOL)
            return tool
    owners = ", ".join(f"{tool} by {monitoring.get_tool(tool)}" for tool in sorted(IDS))
    raise UserError(
        f"ctxstress needs one of the {len(IDS)} tool ids of sys.monitoring to see switch points, and all are taken: "
        f"{owners}. "
        "Run it without one of these: a debugger, coverage or a profiler."
    )
