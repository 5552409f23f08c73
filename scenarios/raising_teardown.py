"""A teardown function that raises keeps neither the others from running nor the contexts from being popped."""

from harness.core.ambient import Ambient, Hooks
from harness.core.history import Probe
from harness.core.scenario import EVERY_READ, Means, Scenario
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Anomaly


class Planned(Exception):
    """The error that the teardown is there to raise."""


def prepare(hooks: Hooks) -> None:
    @hooks.teardown_request
    def close(error: BaseException | None, app: Ambient, own: Probe) -> None:
        own.look("user", app.local.get, "user")
        raise Planned


def view(app: Ambient, own: Probe) -> Script[str]:
    own.look("user", app.local.get, "user")
    app.local.set("user", own.wrote("user"))
    yield PAUSE
    own.look("user", app.local.get, "user")
    return own.token


SCENARIO = Scenario(
    "raising_teardown",
    "A request whose teardown raises leaves nothing behind.",
    view,
    looks_for=EVERY_READ - {Anomaly.CROSSED_REPLY},
    prepare=prepare,
    status=500,
    uses=frozenset({Means.LOCAL, Means.HOOKS}),
)
