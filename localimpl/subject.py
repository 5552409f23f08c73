"""A subject: a Local together with its promise, one row of the matrix."""

from collections.abc import Callable
from dataclasses import dataclass

from localimpl.local import Local
from localimpl.promise import Promise
from localimpl.stack import LocalStack
from localimpl.surface import with_surface


@dataclass(frozen=True, slots=True)
class Subject:
    """An implementation under test.

    ``name`` is the file's name; ``summary`` one sentence: what holds the values, keyed by what. Each call
    of ``make`` and of ``make_stack`` gives a new Local; what another ``make`` gives, with the four operations of a
    Storage or attributes of its own for each unit, is made one. By default a stack has a Local of its own, so that
    its ``snapshot()`` is ``{ident: {"stack": [ctx]}}``. ``control`` marks a negative control and ``source``
    names the bug that it is modelled on. ``requires`` names the extra that brings the library in and
    ``module`` the module without which it is of no use: when that is missing, make raises ModuleNotFoundError.
    """

    name: str
    summary: str
    make: Callable[[], Local]
    promise: Promise
    make_stack: Callable[[], LocalStack] = None  # type: ignore[assignment]  # filled in below
    control: bool = False
    source: str = ""
    requires: str = ""
    module: str = ""

    def __post_init__(self) -> None:
        make = self.make
        if not (isinstance(make, type) and issubclass(make, Local)):
            object.__setattr__(self, "make", lambda: with_surface(make()))
        if self.make_stack is None:
            object.__setattr__(self, "make_stack", lambda: LocalStack(self.make()))
