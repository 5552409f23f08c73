"""Plans of the code that is watched: where its units may have to stop, made when a code object is met first."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

from harness.controlled._modules import watched
from harness.controlled._points.callees import MISSING, Site, entered_by_with
from harness.controlled._points.instructions import Plan, Study
from harness.controlled._points.stored import Stored, stored_by
from harness.core.control import Watch
from harness.core.errors import UserError
from harness.core.feasibility import Feasibility
from harness.core.points import Point

NEWEST = (3, 15)
"""The newest Python of which it is known where it hands on its lock: docs/decisions/0008."""
MOST_STUDIES = 4096
"""The most studies that are kept for later hosts of this process."""

_studies: dict[tuple[int, int], Study] = {}
"""By the identities of the code and of its globals, which they keep alive."""


class Plans:
    """The plans of all code met so far under one watch."""

    def __init__(self, watch: Watch) -> None:
        self.level = watch.level
        self._every = watch.every
        self.on = bool(watch.files) and watch.level.rank >= Feasibility.GIL_SWITCH.rank
        self.watched = watched(watch.files)
        """By its name, whether a file is watched."""
        if self.on and sys.version_info[:2] > NEWEST:
            newest, this = (".".join(map(str, each)) for each in (NEWEST, sys.version_info[:2]))
            raise UserError(
                f"Switch points inside functions are known of Python 3.11 to {newest}, and this is {this}: "
                "explore with one of these, or without files to watch."
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
        """By the same, what one is told of by instructions, and below by calls: see ``Planned``."""
        self.sites: dict[int, dict[int, Site]] = {}

    def watches(self, code: CodeType) -> bool:
        """Tell whether the file of this code is watched."""
        return self.watched[code.co_filename]

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
        if not self.watched[code.co_filename]:
            return None
        study = _study(code, namespace, self._facts(code.co_filename))
        plan, instructions, sites = study.planned(self.level, every=self._every)
        key = id(code)
        self.codes.append(code)
        self._studies[key] = study
        self.known[key], self.instructions[key], self.sites[key] = plan, instructions, sites
        return plan

    def _facts(self, file: str) -> Stored:
        """Return what a file stores; of attributes also what other watched files do that are imported."""
        if file not in self._stored:
            stored = self._stored or {path: stored_by(path) for _, path in self.watched.loaded.modules()}
            stored[file] = stored_by(file)
            later = frozenset[str]().union(*(each.later for each in stored.values()))
            self._stored = {path: replace(each, later=later) for path, each in stored.items()}
        return self._stored[file]


def _study(code: CodeType, namespace: Mapping[str, Any], stored: Stored) -> Study:
    """Return what is known of some code from an earlier search, if all that it goes by is as it was then."""
    key = id(code), id(namespace)
    study = _studies.get(key)
    if study is None or study.stored != stored or not study.holds():
        if len(_studies) >= MOST_STUDIES:
            _studies.clear()
        study = _studies[key] = Study(code, namespace, stored)
    return study
