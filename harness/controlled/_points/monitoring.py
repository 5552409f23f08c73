"""Watches units by ``sys.monitoring``, which costs nothing at instructions that are no switch points: from 3.12."""

import sys
from collections.abc import Callable
from threading import get_ident
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from harness.controlled._points.callees import MISSING, Calls, Site, entered, implicit
from harness.controlled._points.plans import Plans
from harness.core.control import Watch
from harness.core.errors import UserError
from harness.core.points import Point

monitoring: Any = vars(sys).get("monitoring")
TOOL = "ctxstress"
IDS = (3, 4, 2, 5, 1, 0)
"""Tool ids, those that nobody has a claim to first."""
SPREAD_UNTOLD = sys.version_info < (3, 13)
"""3.12 tells of no call `f(*args)` of a function in Python. Without a name it is seen if its entry is watched."""


class Unit(Calls):
    """What is known of the unit that runs on a thread."""

    __slots__ = ("spread",)

    def __init__(self) -> None:
        super().__init__()
        self.spread: Site | None = None
        """A call `f(*args)` that has entered no watched code yet."""


class MonitoringWatcher:
    """Has watched code report its switch points alone, whoever runs it, and passes on those of entered threads."""

    def __init__(self, reach: Callable[[Point], None]) -> None:
        self._reach = reach
        self._all: dict[Watch, Plans] = {}
        self._plans = Plans(Watch())
        self._units: dict[int, Unit] = {}
        self._tool = _take_tool()

    def watch(self, watch: Watch) -> None:
        """Take the plans of this watch, and let code that was passed over under another one report anew."""
        if watch not in self._all:
            self._all[watch] = Plans(watch)
        before, plans = self._plans, self._all[watch]
        self._plans = plans
        if not (before.on and plans.on and before.watched is plans.watched):
            monitoring.set_events(self._tool, 0)
        for code in (*before.codes, *before.unasked.values()):
            monitoring.set_local_events(self._tool, code, 0)
        before.unasked.clear()
        if plans.on:
            for event, callback in _callbacks(self._tool, plans, self._units, self._reach).items():
                monitoring.register_callback(self._tool, event, callback)
            for code in plans.codes:
                monitoring.set_local_events(self._tool, code, _local_events())
            if not monitoring.get_events(self._tool):
                monitoring.set_events(self._tool, monitoring.events.PY_START)
                monitoring.restart_events()

    def enter(self) -> None:
        """Pass on what this thread comes by."""
        if self._plans.on:
            self._units[get_ident()] = Unit()

    def leave(self) -> None:
        """Pass on no more of this thread."""
        self._units.pop(get_ident(), None)

    def close(self) -> None:
        """Give back the tool id."""
        self.watch(Watch())
        monitoring.free_tool_id(self._tool)


def _local_events() -> int:
    """Return what watched code tells besides its entry."""
    events = monitoring.events
    return int(events.PY_RESUME | events.INSTRUCTION | events.CALL)


def _callbacks(
    tool: int, plans: Plans, units: dict[int, Unit], reach: Callable[[Point], None]
) -> dict[int, Callable[..., object]]:
    """Return what is called at each event; closures, for they run at every switch point.

    An instruction that is no switch point is turned off when it comes first, and so is the entry of code that is not
    watched. Another tool may turn everything on again (``restart_events``): then each comes once more.
    """
    events, disable = monitoring.events, monitoring.DISABLE
    known, instructions, sites, watched = plans.known, plans.instructions, plans.sites, plans.watched
    possible: dict[int, CodeType] = {}
    """Code that is not watched and may be run without a call in the source, by its identity."""

    def started(code: CodeType, offset: int) -> object:
        plan = known.get(id(code))
        if plan is None:
            frame = sys._getframe(1)
            if id(code) not in possible:
                plan = plans.learn(code, frame.f_globals)
                if plan is None and not implicit(code, frame.f_globals):
                    return disable
            if plan is None:
                possible[id(code)] = code
                started_unasked(code, frame)
                return None
            monitoring.set_local_events(tool, code, _local_events())
        if SPREAD_UNTOLD:
            see_entered(code)
        if offset in plan:
            passed(code, offset)
        return None

    def started_unasked(code: CodeType, frame: FrameType) -> None:
        ident = get_ident()
        if ident in units and (around := plans.around(frame.f_back)) is not None:
            if id(code) not in plans.unasked:
                plans.unasked[id(code)] = code
                monitoring.set_local_events(tool, code, events.PY_RETURN)
            try:
                reach(around[0])
            except BaseException:
                units.pop(ident, None)
                raise

    def returned_unasked(code: CodeType, offset: int, value: object) -> None:
        ident = get_ident()
        around = plans.around(sys._getframe(1).f_back) if ident in units else None
        if around is not None:
            try:
                reach(around[1])
            except BaseException:
                units.pop(ident, None)
                raise

    def see_entered(code: CodeType) -> None:
        unit = units.get(get_ident())
        if unit is not None and unit.spread is not None:
            site, unit.spread = unit.spread, None
            caller = sys._getframe(2).f_back
            if caller and site.offset <= caller.f_lasti < site.end and site.calls(code, caller):
                unit.settle(site, direct=True)

    def passed(code: CodeType, offset: int) -> object:
        stop = instructions[id(code)].get(offset)
        if stop is None:
            return disable
        ident = get_ident()
        unit = units.get(ident)
        if unit is None:
            return None
        try:
            if stop.returned is not None:
                site, point = stop.returned
                if unit.end(site):
                    reach(point)
            if stop.point is not None:
                reach(stop.point)
            if stop.site is not None:
                site = stop.site
                unit.begin(site)
                if site.hidden:
                    if plans.opens(site, sys._getframe(1)):
                        reach(site.point)
                    else:
                        unit.settle(site, direct=True)
                elif SPREAD_UNTOLD and site.spread and not site.blind:
                    callee = site.callee.find(sys._getframe(1)) if site.callee else MISSING
                    if callee is MISSING:
                        unit.spread = site
                    elif type(callee) in {FunctionType, MethodType}:
                        called(code, site.offset, callee, None)
        except BaseException:
            units.pop(ident, None)
            raise
        return None

    def called(code: CodeType, offset: int, callee: object, argument: object) -> object:
        site = sites[id(code)].get(offset)
        if site is None or site.blind:
            return disable
        ident = get_ident()
        unit = units.get(ident)
        if unit is None:
            return None
        unit.spread = None
        inner = entered(callee)
        direct = inner is not None and watched[inner.co_filename]
        unit.settle(site, direct=direct)
        if inner is not None and not direct:
            try:
                reach(site.point)
            except BaseException:
                units.pop(ident, None)
                raise
        return None

    return {
        events.PY_START: started,
        events.PY_RESUME: passed,
        events.INSTRUCTION: passed,
        events.CALL: called,
        events.PY_RETURN: returned_unasked,
    }


def _take_tool() -> int:
    for tool in IDS:
        if monitoring.get_tool(tool) is None:
            monitoring.use_tool_id(tool, TOOL)
            return tool
    owners = ", ".join(f"{tool} by {monitoring.get_tool(tool)}" for tool in sorted(IDS))
    raise UserError(
        f"ctxstress needs one of the {len(IDS)} tool ids of sys.monitoring to see switch points, and all are taken: "
        f"{owners}. Run it without one of these: a debugger, coverage or a profiler."
    )
