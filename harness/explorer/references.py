"""Finds the program that a reference names."""

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from harness.core.control import Program
from harness.core.errors import UserError
from harness.core.names import load

Finder = Callable[[str], Program]
"""Returns the program of a whole reference of one kind; raises UserError when there is none."""
CALL = "call"
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


def _is_program(found: Any) -> TypeGuard[Program]:
    return (
        not isinstance(found, type) and callable(getattr(found, "begin", None)) and hasattr(found, "tracked")
    )


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
