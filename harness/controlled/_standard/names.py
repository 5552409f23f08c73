"""Objects that modules of the program know by names of their own: one exchanged for another wherever it is known so."""

from collections.abc import Iterable
from typing import Any

from harness.controlled._modules import Loaded
from harness.controlled._place import carries

PROGRAMS = Loaded(lambda file: not carries(file))
"""All modules but gevent's, the harness's and the standard library's."""

Pair = tuple[Any, Any]
"""An object, and the one that takes its place."""


def exchange(pairs: Iterable[Pair]) -> list[tuple[dict[str, Any], str, Any]]:
    """Replace objects by others among the names of all modules of programs.

    Return the names of a module, one of them, and what it was, for each that was replaced.
    """
    others = {id(old): new for old, new in pairs}
    replaced: list[tuple[dict[str, Any], str, Any]] = []
    if not others:
        return replaced
    untouched = frozenset(others).isdisjoint
    for module, _ in PROGRAMS.modules():
        names = vars(module)
        if untouched(map(id, names.values())):
            continue
        for name, value in list(names.items()):
            if id(value) in others:
                names[name] = others[id(value)]
                replaced.append((names, name, value))
    return replaced
