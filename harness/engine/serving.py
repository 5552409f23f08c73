"""Mounts scenarios over a subject and serves them: what a server process does once it is patched or not."""

import errno
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from harness.core.errors import UserError
from harness.core.history import History
from harness.core.names import load
from harness.core.ports import GateKind, Server, Target
from harness.core.record import short
from harness.core.scenario import Scenario
from harness.core.verdict import Need
from harness.engine.edge import Edge
from harness.engine.subjects import find_subject
from harness.engine.visits import MakeSteps, Site
from harness.inside.unit_labels import UnitLabels
from localimpl import Unit

Spec = Mapping[str, Any]
"""``subject``, ``server``, ``target``, ``gate`` and the list ``scenarios`` are import strings; ``switch_interval`` and
``nap`` are seconds; ``parties`` is how many requests can be in flight, ``port`` 0 for any, ``checked`` tells whether to
record."""


class Serving:
    """One subject on one server, with the scenarios that are mounted there."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._server: Server = load(spec["server"])
        subject = find_subject(spec["subject"])
        target: Target = load(spec["target"])
        gate: GateKind = load(spec["gate"])
        # Where no two requests can be in flight, a gate that waits for company would wait in vain.
        parties = spec["parties"] if Need.OVERLAP in self._server.offers else 1
        self._sites = []
        for path in spec["scenarios"]:
            scenario: Scenario = load(path)
            make_steps = _steps(self._server, gate.make(parties), spec["nap"])
            self._sites.append(Site(scenario, target.mount(subject, scenario), make_steps))

    def serve(self, ready: Callable[[int], None]) -> None:
        """Serve until the process ends; ``ready`` gets the port once requests can come."""
        sys.setswitchinterval(self._spec["switch_interval"])
        self._server.serve(self._app(), self._spec["port"], ready)

    def _app(self) -> Any:
        labels, checked = UnitLabels(self._server.unit), self._spec["checked"]
        if self._server.interface == "aiohttp":
            from harness.engine.edge_aiohttp import AiohttpEdge

            return AiohttpEdge(self._sites, labels, checked=checked).application()
        edge = Edge(self._sites, labels, checked=checked)
        return edge.asgi if self._server.interface == "asgi" else edge.wsgi

    def where_it_stands(self) -> tuple[str, ...]:
        """Return lines for a person: which requests are in flight and where all units wait."""
        from harness.engine.hang import where_it_stands

        return where_it_stands(History(row for site in self._sites for row in site.rows[:]))


def _steps(server: Server, gate: Any, nap: float) -> MakeSteps:
    match server.unit:
        case Unit.THREAD:
            from harness.units.thread import ThreadSteps

            return partial(ThreadSteps, gate, nap)
        case Unit.GREENLET if server.patched == "eventlet":
            from harness.units.eventlet_greenlet import EventletSteps

            return partial(EventletSteps, gate, nap)
        case Unit.GREENLET:
            from harness.units.greenlet import GreenletSteps

            return partial(GreenletSteps, gate, nap)
        case Unit.TASK:
            from harness.units.task import TaskSteps

            return partial(TaskSteps, gate, nap)


def explain(error: Exception, spec: Spec) -> str:
    """Return for a person why nothing is served; the traceback of what nobody foresaw goes to the log."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {spec['port']} on 127.0.0.1 is in use; name another one, or 0 for any that is free"
    if isinstance(error, ModuleNotFoundError):
        missing = (error.name or "").partition(".")[0]
        for path, part in (
            (spec["server"], load(spec["server"])),
            (spec["subject"], find_subject(spec["subject"])),
            (spec["target"], load(spec["target"])),
        ):
            if part.requires and (part.module or missing) == missing:
                from harness.extras import wanted

                _, command = wanted(part.requires, missing)
                return f"{short(path)} needs {missing}, which is not installed: {command}"
    traceback.print_exception(error)
    parts = ", ".join(short(path) for path in (spec["subject"], spec["target"], *spec["scenarios"]))
    return f"{short(spec['server'])} could not serve {parts}: {type(error).__name__}: {error}"
