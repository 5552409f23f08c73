"""Objects that modules of the program know by names of their own: one exchanged for another wherever it is known so."""

from collections.abc import Iterable
from typing import Any

from harness.controlled._modules import modules
from harness.controlled._place import carries


def exchange(pairs: Iterable[tuple[Any, Any]]) -> None:
    """Replace objects by others among the names of all modules, except the standard library's and this room's."""
    others = {id(old): new for old, new in pairs}
    if not others:
        return
    untouched = others.keys().isdisjoint
    for module, file in modules():
        names = vars(module)
        if carries(file) or untouched(map(id, names.values())):
            continue
        for name, value in list(names.items()):
            if id(value) in others:
                names[name] = others[id(value)]
