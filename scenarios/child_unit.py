"""A child unit that a request starts and that cleans up after itself neither leaks nor clobbers its parent."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Join, Script, Spawn


def child(app: Ambient, own: Probe) -> Script[None]:
    own.look("user", app.local.get, "user")
    app.local.set("user", own.wrote("user"))
    yield PAUSE
    own.look("user", app.local.get, "user")
    app.local.release()


def view(app: Ambient, own: Probe) -> Script[str]:
    app.local.set("user", own.wrote("user"))
    started = yield Spawn(child(app, own.child("child")))
    yield PAUSE
    own.look("user", app.local.get, "user")
    yield Join(started)
    own.look("user", app.local.get, "user")
    return own.token


SCENARIO = Scenario(
    "child_unit",
    "A child unit neither leaks nor overwrites its parent's values.",
    view,
    uses=frozenset({Means.LOCAL, Means.ANYWHERE}),
)
