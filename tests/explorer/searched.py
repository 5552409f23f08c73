"""Callables over something shared, on greenlets unless told otherwise, and a search of them."""

from collections.abc import Callable
from typing import Any

from harness.controlled.greenlets import CONTROLLED as GREENLETS
from harness.core.control import ControlledHost
from harness.core.exploration import Exploration
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from tests.explorer.explored import pause


class Shared:
    """What is made anew for each schedule."""

    def __init__(self) -> None:
        self.user = ""
        self.log: list[str] = []


def searched(
    *calls: Callable[[Shared], Any], host: ControlledHost = GREENLETS, expect: Any = None, **limits: Any
) -> Exploration:
    program = Calls(calls, unit=host.unit, begin=Shared, expect=expect)
    return explore(program, host, Limits(**limits))


def overwritten(name: str, after: int = 1) -> Callable[[Shared], str]:
    def call(shared: Shared) -> str:
        shared.user = name
        for _ in range(after):
            pause()
        return shared.user

    return call


def kept(name: str) -> Callable[[Shared], str]:
    def call(shared: Shared) -> str:
        user = name
        pause()
        pause()
        return user

    return call
