"""The standard library as it was before gevent patched it: a subject is what its name says everywhere."""

import sys
from typing import Any


def unpatched(module: str, name: str) -> Any:
    """Return a name of a standard module as it was, or as it is where nothing was patched."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None:
        return getattr(__import__(module), name)
    return monkey.get_original(module, name)
