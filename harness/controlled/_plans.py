"""Plans of the code that is watched: where its units may have to stop, made when a code object is met first."""

from collections.abc import Mapping
from pathlib import PurePath
from types import CodeType
from typing import Any

from harness.controlled._instructions import Stop, stops_of
from harness.controlled._stored import stored_by
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
        self.known: dict[int, Plan | None] = {}
        """By the identity of a code object, for hashing one costs more than a call; None when it is not watched."""
        self._kept: list[CodeType] = []
        self._planned: list[CodeType] = []

    def watches(self, code: CodeType) -> bool:
        """Tell whether the file of this code is watched."""
        file = code.co_filename
        watched = self._watched.get(file)
        if watched is None:
            path = "/" + PurePath(file).as_posix().lstrip("/")
            watched = self._watched[file] = path.endswith(self._ends)
        return watched

    def learn(self, code: CodeType, namespace: Mapping[str, Any]) -> Plan | None:
        """Make the plan of code that was met for the first time; None when it is not watched."""
        self._kept.append(code)
        plan = None
        if self.watches(code):
            self._planned.append(code)
            plan = stops_of(code, self.level, namespace, stored_by(code.co_filename))
        self.known[id(code)] = plan
        return plan

    def planned(self) -> list[CodeType]:
        """Return the watched code met so far."""
        return self._planned
