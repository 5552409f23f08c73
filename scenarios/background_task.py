"""Work that goes on once the answer is sent sees its own request or none, whoever else is answered meanwhile."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Script


def work(app: Ambient, own: Probe) -> Script[None]:
    own.wrote("request", own.token.partition("/")[0])
    own.look("g.user", lambda: app.g.user)  # some frameworks hand it on, others begin it anew
    app.g.user = own.wrote("g.user")
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    yield PAUSE
    own.look("request", lambda: app.request.headers["X-Ctxstress-Token"])


def view(app: Ambient, own: Probe) -> Script[str]:
    app.g.user = own.wrote("g.user")
    app.add_background_task(work(app, own.child("background")))
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    return own.token


SCENARIO = Scenario(
    "background_task",
    "Work after the answer belongs to its own request.",
    view,
    uses=frozenset({Means.REQUEST, Means.G, Means.BACKGROUND}),
)
