"""Walks the rooms: one file, one entry; there is no list to edit."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from typing import Any

from harness.core.errors import UserError
from harness.core.names import load, nearest
from harness.engine.subjects import find_subject

ENTRY_POINTS = "ctxstress.locals"
"""The entry-point group in which others offer their Locals."""

ROOMS = {
    "local": ("localimpl", "SUBJECT"),
    "host": ("harness.hosts", "HOST"),
    "server": ("harness.servers", "SERVER"),
    "gate": ("harness.gates", "GATE"),
    "checker": ("harness.checkers", "CHECKER"),
    "scenario": ("scenarios", "SCENARIO"),
    "target": ("harness.targets", "TARGET"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of a room: its name, its import string, the part itself, and why it cannot be used, if so."""

    name: str
    path: str
    part: Any
    missing: str = ""


def entries(kind: str) -> list[Entry]:
    """Return all parts of a kind, in the order of their names; of Locals, the good ones before the controls."""
    package_name, attribute = ROOMS[kind]
    package = importlib.import_module(package_name)
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith(("_", "test_", "locustfile")):
            continue
        part = getattr(importlib.import_module(f"{package_name}.{module.name}"), attribute, None)
        if part is not None:
            found.append(_entry(module.name, f"{package_name}.{module.name}:{attribute}", part))
    if kind == "local":
        found += [
            _entry(point.name, point.value, find_subject(point.value))
            for point in entry_points(group=ENTRY_POINTS)
        ]
        found.sort(key=lambda entry: entry.part.control)
    return found


def choose(kind: str, patterns: Iterable[str]) -> list[Entry]:
    """Return the parts that any of the patterns names: by name, by glob, or by import string.

    Raises UserError for a pattern that names none, with the nearest names.
    """
    known = entries(kind)
    chosen: dict[str, Entry] = {}
    for pattern in patterns:
        if ":" in pattern:
            part = find_subject(pattern) if kind == "local" else load(pattern)
            matches = [_entry(part.name, pattern, part)]
        else:
            matches = [entry for entry in known if fnmatchcase(entry.name, pattern)]
        if not matches:
            names = [entry.name for entry in known]
            raise UserError(f"there is no {kind} {pattern!r}{nearest(pattern, names)}")
        chosen.update((entry.path, entry) for entry in matches)
    return list(chosen.values())


def _entry(name: str, path: str, part: Any) -> Entry:
    extra = getattr(part, "requires", "")
    missing = ""
    if extra and not _usable(part):
        missing = f"{name} needs the extra {extra!r}: pip install 'ctxstress[{extra}]'"
    return Entry(name, path, part, missing)


def _usable(part: Any) -> bool:
    """Tell whether the libraries of a part with an extra are installed."""
    module = getattr(part, "module", "")
    if module:
        return importlib.util.find_spec(module) is not None
    try:
        part.make()
    except ModuleNotFoundError:
        return False
    return True
