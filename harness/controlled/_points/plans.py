"""Plans of the code that is watched: where its units may have to stop, made when a code object is met first."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from types import CodeType, FrameType, ModuleType
from typing import Any

from harness.controlled._points.callees import MISSING, Site, entered_by_with
from harness.controlled._points.instructions import Stop, Study
from harness.controlled._points.stored import Stored, stored_by
from harness.core.control import Watch
from harness.core.errors import UserError
from harness.core.execution import Point
from harness.core.feasibility import Feasibility

Plan = dict[int, Stop]
"""What may be reached before the instruction at each offset."""


class Plans:
    """The plans of all code met so far under one watch."""

    def __init__(self, watch: Watch) -> None:
        self.level = watch.level
        self._every = watch.every
        self.on = bool(watch.files) and watch.level.rank >= Feasibility.GIL_SWITCH.rank
        self._ends = tuple("/" + PurePath(file).as_posix().lstrip("/") for file in watch.files)
        self.watched: dict[str, bool] = {}
        """Of files met so far, whether they are watched."""
        if self.on and sys.version_info >= (3, 14):
            raise UserError(
                "Switch points inside functions are known of Python 3.11 to 3.13, and this is "
                f"{sys.version_info[0]}.{sys.version_info[1]}: explore with one of these, or without files to watch."
            )
        self._stored: dict[str, Stored] = {}
        self._studies: dict[int, Study] = {}
        self.codes: list[CodeType] = []
        """The watched code met so far; kept, so that nothing else gets its identity."""
        self.unasked: dict[int, CodeType] = {}
        """Other code that watched code was seen to run without a call in its source, by its identity."""
        self.known: dict[int, Plan] = {}
        """By the identity of the code, for hashing it costs more than a call."""
        self.instructions: dict[int, Plan] = {}
        """By the same, the plans without calls that one is told of otherwise."""
        self.sites: dict[int, dict[int, Site]] = {}
        """By the same, the calls by their offsets, those in `with` statements left out."""

    def watches(self, code: CodeType) -> bool:
        """Tell whether the file of this code is watched."""
        return self.watches_file(code.co_filename)

    def watches_file(self, file: str) -> bool:
        """Tell whether a file is watched."""
        watched = self.watched.get(file)
        if watched is None:
            path = "/" + PurePath(file).as_posix().lstrip("/")
            watched = self.watched[file] = path.endswith(self._ends)
        return watched

    def opens(self, site: Site, frame: FrameType) -> bool:
        """Tell whether a `with` statement of a frame may switch where it calls its manager."""
        manager = site.callee.find(frame) if site.callee else MISSING
        if manager is MISSING:
            return True
        inner = entered_by_with(manager)
        return inner is not None and not self.watches(inner)

    def around(self, caller: FrameType | None) -> tuple[Point, Point] | None:
        """Return the points before and after Python code that watched code runs now without a call in its source."""
        study = self._studies.get(id(caller.f_code)) if caller is not None else None
        return study.around(caller.f_lasti) if study is not None and caller is not None else None

    def learn(self, code: CodeType, namespace: Mapping[str, Any]) -> Plan | None:
        """Make the plan of code that is not known; None when it is not watched."""
        if not self.watches(code):
            return None
        study = Study(code, namespace, self._facts(code.co_filename))
        plan = study.stops(self.level, every=self._every)
        self.codes.append(code)
        self.known[id(code)] = plan
        self._studies[id(code)] = study
        self.instructions[id(code)] = {
            offset: stop for offset, stop in plan.items() if not stop.before_call_alone()
        }
        sites = (stop.site for stop in plan.values())
        self.sites[id(code)] = {site.offset: site for site in sites if site and not site.hidden}
        return plan

    def _facts(self, file: str) -> Stored:
        """Return what a file stores; of attributes also what other watched files do that are imported."""
        if not self._stored:
            for path in map(_path, list(sys.modules.values())):
                if self.watches_file(path):
                    self._stored[path] = stored_by(path)
        if file not in self._stored:
            self._stored[file] = stored_by(file)
        own = self._stored[file]
        return replace(own, later=own.later.union(*(each.later for each in self._stored.values())))


def _path(module: object) -> str:
    """Return where a module comes from, without waking one that loads itself when it is looked at."""
    if not issubclass(type(module), ModuleType):
        return ""
    path = object.__getattribute__(module, "__dict__").get("__file__")
    return path if isinstance(path, str) else ""
