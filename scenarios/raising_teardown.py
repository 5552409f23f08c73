"""A teardown function that raises keeps neither the others from running nor the contexts from being popped."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import EVERY_READ, Scenario
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Anomaly


class Planned(Exception):
    """The error that the teardown is there to raise."""


def prepare(app: Ambient) -> None:
    @app.teardown_request
    def close(error: BaseException | None, own: Probe) -> None:
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
)
