"""Plans of the code that is watched: where its units may have to stop, made when a code object is met first."""

from collections.abc import Mapping
from pathlib import PurePath
from types import CodeType, FrameType
from typing import Any

from harness.controlled._callees import MISSING, Site, entered_by_with
from harness.controlled._instructions import Stop, stops_of
from harness.controlled._stored import Stored, stored_by
from harness.core.control import Watch
from harness.core.feasibility import Feasibility

Plan = dict[int, Stop]
"""What may be reached before the instruction at each offset."""


class Plans:
    """The plans of all code met so far under one watch."""

    def __init__(self, watch: Watch) -> None:
        self.level = watch.level
        self.on = bool(watch.files) and watch.level.rank >= Feasibility.GIL_SWITCH.rank
        self._ends = tuple("/" + PurePath(file).as_posix().lstrip("/") for file in watch.files)
        self._watched: dict[str, bool] = {}
        self._stored: dict[str, Stored] = {}
        self.codes: list[CodeType] = []
        """The watched code met so far; kept, so that nothing else gets its identity."""
        self.known: dict[int, Plan] = {}
        """By the identity of the code, for hashing it costs more than a call."""
        self.sites: dict[int, dict[int, Site]] = {}
        """By the same, the calls by their offsets, those in `with` statements left out."""

    def watches(self, code: CodeType) -> bool:
        """Tell whether the file of this code is watched."""
        file = code.co_filename
        watched = self._watched.get(file)
        if watched is None:
            path = "/" + PurePath(file).as_posix().lstrip("/")
            watched = self._watched[file] = path.endswith(self._ends)
        return watched

    def opens(self, site: Site, frame: FrameType, direct: set[Site]) -> bool:
        """Tell whether a `with` statement may switch where it calls its manager; note it as direct when it may not."""
        manager = site.manager.find(frame) if site.manager else MISSING
        if manager is not MISSING:
            inner = entered_by_with(manager)
            if inner is None or self.watches(inner):
                direct.add(site)
                return False
        direct.discard(site)
        return True

    def learn(self, code: CodeType, namespace: Mapping[str, Any]) -> Plan | None:
        """Make the plan of code that is not known; None when it is not watched."""
        if not self.watches(code):
            return None
        file = code.co_filename
        if file not in self._stored:
            self._stored[file] = stored_by(file)
        plan = stops_of(code, self.level, namespace, self._stored[file])
        self.codes.append(code)
        self.known[id(code)] = plan
        sites = (stop.site for stop in plan.values())
        self.sites[id(code)] = {site.offset: site for site in sites if site and not site.hidden}
        return plan
