"""Walks the rooms: one file, one entry; there is no list to edit."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from harness.core.control import ControlledHost, Strategy
from harness.core.errors import UserError
from harness.core.names import load, nearest
from harness.core.ports import Checker, GateKind, Host, Server, Target
from harness.core.scenario import Scenario
from harness.engine.subjects import described, find_subject
from localimpl import Local, Promise, Subject, Unit

ENTRY_POINTS = "ctxstress.locals"
"""The entry-point group in which others offer their Locals."""

ROOMS: dict[str, tuple[str, str, type[Any]]] = {
    "local": ("localimpl", "SUBJECT", Subject),
    "host": ("harness.hosts", "HOST", Host),
    "server": ("harness.servers", "SERVER", Server),
    "gate": ("harness.gates", "GATE", GateKind),
    "checker": ("harness.checkers", "CHECKER", Checker),
    "scenario": ("scenarios", "SCENARIO", Scenario),
    "target": ("harness.targets", "TARGET", Target),
    "controlled": ("harness.controlled", "CONTROLLED", ControlledHost),
    "strategy": ("harness.schedulers", "STRATEGY", Strategy),
}
"""Of each kind of part: the package of its files, the name under which each exports its part, and what that is."""
SPOKEN = {"controlled": "controlled host"}
"""What people are told of a kind, where its name alone is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of a room: its name, its import string, the part itself, and why it cannot be used, if so."""

    name: str
    path: str
    part: Any
    missing: str = ""


def entries(kind: str) -> list[Entry]:
    """Return all parts of a kind, in the order of their names; of Locals, the good ones before the controls."""
    package_name, attribute, _ = ROOMS[kind]
    package = importlib.import_module(package_name)
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith(("_", "test_", "locustfile")):
            continue
        part = getattr(importlib.import_module(f"{package_name}.{module.name}"), attribute, None)
        if part is not None:
            found.append(_entry(module.name, f"{package_name}.{module.name}:{attribute}", part))
    if kind == "local":
        found += map(_offered, entry_points(group=ENTRY_POINTS))
        found.sort(key=lambda entry: entry.part.control)
    return found


def choose(kind: str, patterns: Iterable[str]) -> list[Entry]:
    """Return the parts that any of the patterns names: by name, by glob, or by import string.

    Names may be written as packages write theirs, with ``-`` for ``_``. Raises UserError for a pattern that names none,
    with the nearest names, and for what is no such part.
    """
    known = entries(kind)
    chosen: dict[str, Entry] = {}
    for pattern in patterns:
        if ":" in pattern:
            matches = [_imported(kind, pattern)]
        else:
            spoken = {pattern, pattern.replace("-", "_")}
            matches = [entry for entry in known if any(fnmatchcase(entry.name, each) for each in spoken)]
        if not matches:
            names = [entry.name for entry in known]
            raise UserError(f"there is no {SPOKEN.get(kind, kind)} {pattern!r}{nearest(pattern, names)}")
        chosen.update((entry.path, entry) for entry in matches)
    return list(chosen.values())


def choose_one(kind: str, name: str) -> Entry:
    """Return the one part of a name. Raises UserError where there is none, where there are several, and for one that
    cannot be used here.
    """
    found = choose(kind, [name])
    if len(found) > 1:
        several = ", ".join(entry.name for entry in found)
        raise UserError(f"{name!r} names {len(found)} of the kind {kind}, and one is wanted: {several}")
    if found[0].missing:
        raise UserError(found[0].missing)
    return found[0]


def controlled_for(unit: Unit) -> Entry:
    """Return the controlled host of a unit: the one that stands for a free-running host, where requests share units."""
    return next(entry for entry in entries("controlled") if entry.part.unit is unit and entry.part.stands_for)


def _imported(kind: str, path: str) -> Entry:
    """Return the part that an import string names."""
    part = find_subject(path) if kind == "local" else load(path)
    _, _, wanted = ROOMS[kind]
    if not isinstance(part, wanted):
        spoken, owner = SPOKEN.get(kind, kind), wanted.__module__
        raise UserError(f"{path} is {described(part)}, and no {spoken}: that is a {owner}.{wanted.__name__}")
    return _entry(part.name, path, part)


def _offered(point: EntryPoint) -> Entry:
    """Return the Local that an entry point offers; one that does not work is a fault of its own, not of all others."""
    try:
        return _entry(point.name, point.value, find_subject(point.value))
    except UserError as error:
        owner = f" of {point.dist.name}" if point.dist else ""
        missing = f"{point.name}, an entry point{owner}, cannot be used: {error}"

    def make() -> Local:
        raise UserError(missing)

    summary = "Offered by another package, and of no use."
    return Entry(point.name, point.value, Subject(point.name, summary, make, Promise(frozenset())), missing)


def _entry(name: str, path: str, part: Any) -> Entry:
    extra = getattr(part, "requires", "")
    missing = ""
    if extra and not _usable(part):
        from harness.extras import wanted

        missing = f"{name} needs {': '.join(wanted(extra, getattr(part, 'module', '')))}"
    return Entry(name, path, part, missing)


def _usable(part: Any) -> bool:
    """Tell whether the libraries of a part with an extra are installed."""
    module = getattr(part, "module", "")
    try:
        if module:
            return importlib.util.find_spec(module) is not None
        part.make()
    except ImportError:
        return False
    return True
