"""A child unit that pushes and pops a context of its own leaves its parent's contexts in place."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Join, Script, Spawn


def child(app: Ambient, own: Probe) -> Script[None]:
    with app.app_context():
        own.look("g.user", lambda: app.g.user)
        app.g.user = own.wrote("g.user")
        yield PAUSE
        own.look("g.user", lambda: app.g.user)


def view(app: Ambient, own: Probe) -> Script[str]:
    app.g.user = own.wrote("g.user")
    started = yield Spawn(child(app, own.child("child")))
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    yield Join(started)
    own.look("g.user", lambda: app.g.user)
    return own.token


SCENARIO = Scenario(
    "child_context",
    "A child's own context hides nothing from its parent.",
    view,
    uses=frozenset({Means.G, Means.NESTED}),
)
