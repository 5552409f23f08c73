"""Work handed to an executor sees its own request when the context is copied, and nobody's when it is not."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Offload, Script


def view(app: Ambient, own: Probe) -> Script[str]:
    app.local.set("user", own.wrote("user"))
    app.g.user = own.wrote("g.user")
    yield PAUSE
    own.look("user", app.local.get, "user")

    bare = own.child("bare")
    yield Offload(lambda: bare.look("user", app.local.get, "user"))

    bound = own.child("bound")
    bound.wrote("request", own.token)

    def work() -> None:
        bound.look("request", lambda: app.request.headers["X-Ctxstress-Token"])
        bound.look("g.user", lambda: app.g.user)  # some frameworks copy it along, others begin it anew

    yield Offload(app.copy_current_request_context(work))

    own.look("g.user", lambda: app.g.user)
    return own.token


SCENARIO = Scenario(
    "executor_hop",
    "Work on an executor sees its own request or none.",
    view,
    uses=frozenset({Means.LOCAL, Means.G, Means.REQUEST, Means.COPY}),
)
