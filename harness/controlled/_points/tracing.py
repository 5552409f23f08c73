"""Watches units by ``sys.settrace``, for interpreters without ``sys.monitoring``: up to 3.11."""

import sys
from collections.abc import Callable
from threading import get_ident
from types import FrameType
from typing import Any

from harness.controlled._points.callees import Calls, Site, implicit
from harness.controlled._points.instructions import Plan, Stop
from harness.controlled._points.plans import Plans
from harness.core.control import Watch
from harness.core.points import Point

Trace = Callable[[FrameType, str, Any], Any]


class TracingWatcher:
    """Traces every instruction of watched code on the threads that have entered."""

    def __init__(self, reach: Callable[[Point], None]) -> None:
        self._reach = reach
        self._all: dict[Watch, Plans] = {}
        self._plans = Plans(Watch())
        self._before: dict[int, Any] = {}

    def watch(self, watch: Watch) -> None:
        """Take the plans of this watch."""
        self._plans = self._all.setdefault(watch, Plans(watch))

    def enter(self) -> None:
        """Trace this thread from the next call on."""
        if self._plans.on:
            self._before[get_ident()] = sys.gettrace()
            sys.settrace(_tracer(self._plans, self._reach))

    def leave(self) -> None:
        """Let whoever traced this thread before trace on: a debugger, or coverage."""
        ident = get_ident()
        if ident in self._before:
            sys.settrace(self._before.pop(ident))

    def close(self) -> None:
        """Nothing is left behind: what was traced, was so between enter and leave."""


def _tracer(plans: Plans, reach: Callable[[Point], None]) -> Trace:
    """Return the trace function of one unit."""
    known, watched, learn = plans.known, plans.watched, plans.learn
    traces: dict[int, Trace] = {}
    calls = Calls()
    pending: Site | None = None
    """A call that has entered no Python code yet."""

    def begin(frame: FrameType, event: str, arg: object) -> Trace | None:
        nonlocal pending
        code = frame.f_code
        plan = None
        if watched[code.co_filename]:
            plan = known.get(id(code))
            if plan is None:
                plan = learn(code, frame.f_globals)
        if pending is not None:
            site, pending = pending, None
            caller = frame.f_back
            if caller is not None and site.offset <= caller.f_lasti < site.end and site.calls(code, caller):
                calls.settle(site, direct=plan is not None)
                if plan is None:
                    reach(site.point)
                    frame.f_locals  # noqa: B018  # see `passed`
        if plan is None:
            caller = frame.f_back
            if caller is None or id(caller.f_code) not in known:
                return None
            around = plans.around(caller)
            if around is None or not implicit(code, frame.f_globals):
                return None
            reach(around[0])
            frame.f_locals  # noqa: B018  # see `passed`
            return ending(around[1])
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        stop = plan.get(frame.f_lasti)
        trace = traces.get(id(code))
        if trace is None:
            trace = traces[id(code)] = tracing(plan, bool(code.co_freevars or code.co_cellvars))
        if stop is not None:
            trace(frame, "opcode", None)
        return trace

    def ending(point: Point) -> Trace:
        raising = False

        def ended(frame: FrameType, event: str, arg: object) -> None:
            nonlocal raising
            if event == "return" and not raising:
                reach(point)
                frame.f_locals  # noqa: B018  # see `passed`
            raising = event == "exception"

        return ended

    def tracing(plan: Plan, shares: bool) -> Trace:
        get = plan.get
        jump: Stop | None = None
        """The jump backward of this code that was tried last."""

        def passed(frame: FrameType, event: str, arg: object) -> Trace | None:
            nonlocal jump, pending
            stop = get(frame.f_lasti)
            if stop is None or event != "opcode":
                return None
            for tried, point in stop.arrivals:
                if tried is jump:
                    reach(point)
            jump = stop if stop.jumps else None
            pending = None
            if stop.returned is not None:
                site, point = stop.returned
                if calls.end(site):
                    reach(point)
            if stop.point is not None:
                reach(stop.point)
            if stop.site is not None:
                site = stop.site
                calls.begin(site)
                if not site.hidden:
                    pending = None if site.blind else site
                elif plans.opens(site, frame):
                    reach(site.point)
                else:
                    calls.settle(site, direct=True)
            if shares:
                # The interpreter has copied the frame's variables before this call and copies them back after it. Those
                # shared with other functions another unit may have changed meanwhile: asking for them copies them anew.
                frame.f_locals  # noqa: B018
            return None

        return passed

    return begin
