"""Gives what somebody's own factory makes the whole Local surface, where it has not got it already."""

import threading
from typing import Any

from localimpl.adopted import Adopted
from localimpl.local import Local
from localimpl.namespace import Namespace

OPERATIONS = ("get", "set", "delete", "release")


def with_surface(made: Any) -> Local:
    """Return a Local over anything with the four operations or with attributes of its own for each unit.

    Raises TypeError for what has neither.
    """
    if isinstance(made, Local):
        return made
    missing = [name for name in OPERATIONS if not callable(getattr(made, name, None))]
    if not missing:
        return Adopted(made)
    if isinstance(made, threading.local) or hasattr(made, "__release_local__"):
        return Namespace(made)
    kind = type(made).__name__
    raise TypeError(
        f"it makes {'an' if kind[0] in 'aeiou' else 'a'} {kind}, which is no Local: that lacks {', '.join(missing)} "
        "(or attributes of its own for each unit, as threading.local has)"
    )
