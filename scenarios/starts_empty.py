"""The next request on a reused worker starts empty."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Script


def view(app: Ambient, own: Probe) -> Script[str]:
    own.look("user", app.local.get, "user")
    own.look("g.user", lambda: app.g.user)
    app.local.set("user", own.wrote("user"))
    app.g.user = own.wrote("g.user")
    yield PAUSE
    own.look("user", app.local.get, "user")
    own.look("g.user", lambda: app.g.user)
    return own.token


SCENARIO = Scenario(
    "starts_empty",
    "A request begins with nothing of an earlier one.",
    view,
    uses=frozenset({Means.LOCAL, Means.G}),
)
