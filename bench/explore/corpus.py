"""Finds the cases: each file of ``cases`` whose name does not begin with ``_`` is one."""

import difflib
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from bench.explore.case import Case
from harness.core.errors import UserError

FOLDER = Path(__file__).with_name("cases")
ROOM = "bench.explore.cases."


@cache
def names() -> tuple[str, ...]:
    """Return the names of all cases, in order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("[!_]*.py")))


def case(name: str) -> Case:
    """Return the case of this name."""
    found = _module(name).CASE
    assert isinstance(found, Case)
    return found


def sentence(name: str) -> str:
    """Return what goes wrong in it."""
    return (_module(name).__doc__ or "").strip().partition("\n\n")[0]


def files(name: str) -> tuple[str, ...]:
    """Return the source files of a case: its own, and the private parts of the room that it uses."""
    module = _module(name)
    used = {getattr(value, "__module__", None) or "" for value in vars(module).values()}
    modules = [module, *(sys.modules[one] for one in used if one.startswith(f"{ROOM}_"))]
    return tuple(sorted(str(one.__file__) for one in modules))


def chosen(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the names that these stand for, ``a2`` for the one that begins so; all when none is named.

    Raises UserError for one that is not there.
    """
    found = []
    for one in wanted:
        fitting = [name for name in names() if name == one or name.startswith(f"{one}_")]
        if len(fitting) != 1:
            near = difflib.get_close_matches(one, names(), n=1)
            raise UserError(
                f"no case {one!r}: "
                + (f"is {near[0]!r} meant?" if near else f"there are {', '.join(names())}")
            )
        found += fitting
    return tuple(found) or names()


def _module(name: str) -> ModuleType:
    return import_module(ROOM + name)
