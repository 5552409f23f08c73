"""What a request stores, it reads back: under the Local, in ``g``, and in the request itself."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Script


def view(app: Ambient, own: Probe) -> Script[str]:
    own.wrote("request", own.token)
    app.local.set("user", own.wrote("user"))
    app.g.user = own.wrote("g.user")
    yield PAUSE
    own.look("user", app.local.get, "user")
    own.look("g.user", lambda: app.g.user)
    yield PAUSE
    own.look("request", lambda: app.request.headers["X-Ctxstress-Token"])
    return own.token


SCENARIO = Scenario(
    "read_back",
    "A request reads back what it stored.",
    view,
    uses=frozenset({Means.LOCAL, Means.G, Means.REQUEST}),
)
