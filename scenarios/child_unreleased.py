"""A child unit that ends without cleaning up leaves nothing for a later unit to find."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Join, Script, Spawn


def child(app: Ambient, own: Probe) -> Script[None]:
    own.look("user", app.local.get, "user")
    app.local.set("user", own.wrote("user"))
    yield PAUSE
    own.look("user", app.local.get, "user")


def view(app: Ambient, own: Probe) -> Script[str]:
    yield Join((yield Spawn(child(app, own.child("first")))))
    yield Join((yield Spawn(child(app, own.child("second")))))
    return own.token


SCENARIO = Scenario(
    "child_unreleased",
    "What a child unit leaves behind dies with it.",
    view,
    uses=frozenset({Means.LOCAL, Means.ANYWHERE}),
)
