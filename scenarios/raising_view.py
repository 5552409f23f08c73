"""A view that raises leaves nothing behind, and its teardown still sees its own request."""

from harness.core.ambient import Ambient, Hooks
from harness.core.history import Probe
from harness.core.scenario import EVERY_READ, Means, Scenario
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Anomaly


class Planned(Exception):
    """The error that the view is there to raise."""


def prepare(hooks: Hooks) -> None:
    @hooks.teardown_request
    def close(error: BaseException | None, app: Ambient, own: Probe) -> None:
        own.look("user", app.local.get, "user")


def view(app: Ambient, own: Probe) -> Script[str]:
    own.look("user", app.local.get, "user")
    app.local.set("user", own.wrote("user"))
    app.g.user = own.wrote("g.user")
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    raise Planned


SCENARIO = Scenario(
    "raising_view",
    "A request whose view raises leaves nothing behind.",
    view,
    looks_for=EVERY_READ - {Anomaly.CROSSED_REPLY},
    prepare=prepare,
    status=500,
    uses=frozenset({Means.LOCAL, Means.G, Means.HOOKS}),
)
