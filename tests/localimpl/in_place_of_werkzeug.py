"""A pytest plugin that puts a subject's Local, and our stack, proxy and manager, in the place of Werkzeug's."""

import importlib
import os
from typing import Any

import werkzeug.local

from localimpl import LocalManager, LocalProxy, LocalStack, Subject, release_local

_subject: Subject = importlib.import_module(f"localimpl.{os.environ['SUBJECT']}").SUBJECT


def _local(context_var: Any = None) -> Any:
    """Make a Local; the ContextVar that Werkzeug's constructor takes is not ours to use."""
    return _subject.make()


class _Storage:
    """Shows the frames under the private name by which one of Werkzeug's tests looks at them."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack

    def get(self) -> list[Any]:
        *_, held = self._stack.snapshot().values()  # the unit that came last is this one
        return held["stack"]  # type: ignore[no-any-return]


def _stack(context_var: Any = None) -> Any:
    stack = _subject.make_stack()
    stack.__class__ = type("Shown", (type(stack),), {"__slots__": (), "_storage": property(_Storage)})
    return stack


for name, ours in {
    "Local": _local,
    "LocalStack": _stack,
    "LocalProxy": LocalProxy,
    "LocalManager": LocalManager,
    "release_local": release_local,
}.items():
    setattr(werkzeug.local, name, ours)
