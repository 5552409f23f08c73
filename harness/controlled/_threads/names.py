"""Objects that modules of the program know by names of their own: one exchanged for another wherever it is known so."""

import sys
from collections.abc import Iterable
from typing import Any

from harness.controlled._place import carries


def exchange(pairs: Iterable[tuple[Any, Any]]) -> None:
    """Replace objects by others among the names of all modules, except the standard library's and this room's."""
    others = {id(old): new for old, new in pairs}
    if not others:
        return
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        file = names.get("__file__")
        if not file or carries(file):
            continue
        for name, value in list(names.items()):
            if id(value) in others:
                names[name] = others[id(value)]
