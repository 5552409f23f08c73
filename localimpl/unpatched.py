"""The standard library as it was before gevent or eventlet patched it: a subject is what its name says everywhere."""

import sys
from typing import Any


def unpatched(module: str, name: str) -> Any:
    """Return a name of a standard module as it was, or as it is where nothing was patched."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.saved:
        return monkey.get_original(module, name)
    patcher = sys.modules.get("eventlet.patcher")
    if patcher is not None and patcher.already_patched:
        return getattr(patcher.original(module), name)
    return getattr(__import__(module), name)
