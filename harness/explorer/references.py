"""Finds the program that a reference names."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from harness.core.control import Program
from harness.core.errors import UserError
from harness.core.names import load

Finder = Callable[[str], Program]
"""Returns the program of a whole reference of one kind; raises UserError when there is none."""
CALL = "call"
TEST = "test:"
NTH = re.compile(r" #\d+$")
"""Behind the name of a test, where it explores several times, all but the first."""
NONE: Mapping[str, Finder] = {}


def find(reference: str, finders: Mapping[str, Finder] = NONE) -> Program:
    """Return the program that a reference names: ``call:package.module:NAME``, or of a kind that a finder is given for.

    Raises UserError when there is none.
    """
    kind, colon, rest = reference.partition(":")
    if not reference:
        raise UserError(
            "the token names no program, so it cannot be found from here: give the program a name in a "
            "module, and the reference 'call:package.module:NAME'"
        )
    if colon and kind in finders:
        return finders[kind](reference)
    if not colon or kind != CALL:
        known = " or ".join(f"{each}:…" for each in sorted({CALL, *finders}))
        raise UserError(f"{reference!r} names no program that can be found from here: {known} expected")
    found = load(rest)
    if not _is_program(found):
        raise UserError(
            f"{reference!r} is {_article(type(found).__name__)}, not a program to explore; make one of your "
            "functions with harness.explorer.callables.Calls([first, second], unit=Unit.THREAD) and name that"
        )
    return found


def of_test(name: str, nth: int) -> str:
    """Return the reference of what a test, by its node id, explores for the nth time."""
    return f"{TEST}{name}" + (f" #{nth}" if nth > 1 else "")


def test_of(reference: str) -> str:
    """Return the node id of the test that a reference names; empty where it names none."""
    return NTH.sub("", reference.removeprefix(TEST)) if reference.startswith(TEST) else ""


def as_called(name: str, root: Path, directory: Path) -> str:
    """Return a test's node id, which is told from pytest's root, as pytest takes it in another directory."""
    file = name.partition("::")[0]
    return os.path.relpath(root / file, directory) + name.removeprefix(file)


def _is_program(found: Any) -> TypeGuard[Program]:
    return (
        not isinstance(found, type) and callable(getattr(found, "begin", None)) and hasattr(found, "tracked")
    )


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
