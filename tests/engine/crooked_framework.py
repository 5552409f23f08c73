"""A framework that hands a value through itself: once by way of its module, and once as it should."""

from collections.abc import Callable
from functools import partial

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE, Script

_handed = [""]


def through_module(value: str) -> str:
    """Return the value, unless another comes by meanwhile."""
    _handed[0] = value
    _checked(value)
    return _handed[0]


def through_call(value: str) -> str:
    """Return the value."""
    handed = [value]
    _checked(value)
    return handed[0]


def _checked(value: str) -> None:
    """Do what a framework does in between: here a thread may be switched out."""


def view(through: Callable[[str], str], app: Ambient, own: Probe) -> Script[str]:
    app.local.set("user", own.wrote("user"))
    value = own.wrote("handed")
    yield PAUSE
    own.look("user", app.local.get, "user")
    own.look("handed", lambda: through(value))
    return own.token


CROOKED = Scenario("crooked", "A framework keeps values apart.", partial(view, through_module))
SOUND = Scenario("sound", "A framework keeps values apart.", partial(view, through_call))
