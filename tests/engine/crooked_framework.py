"""A framework that hands a value through itself: once by way of its module, and once as it should."""

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


def crooked(app: Ambient, own: Probe) -> Script[str]:
    app.local.set("user", own.wrote("user"))
    value = own.wrote("handed")
    yield PAUSE
    own.look("user", app.local.get, "user")
    own.look("handed", lambda: through_module(value))
    return own.token


def sound(app: Ambient, own: Probe) -> Script[str]:
    app.local.set("user", own.wrote("user"))
    value = own.wrote("handed")
    yield PAUSE
    own.look("user", app.local.get, "user")
    own.look("handed", lambda: through_call(value))
    return own.token


CROOKED = Scenario("crooked", "A framework keeps values apart.", crooked)
SOUND = Scenario("sound", "A framework keeps values apart.", sound)
