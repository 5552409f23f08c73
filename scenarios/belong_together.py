"""Two fields written by one request are never read together with another's."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import EVERY_READ, Means, Scenario
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Anomaly


def view(app: Ambient, own: Probe) -> Script[str]:
    app.local.set("user", own.wrote("user"))
    yield PAUSE
    app.local.set("tenant", own.wrote("tenant"))
    yield PAUSE
    own.look_together(("user", "tenant"), app.local.get)
    return own.token


SCENARIO = Scenario(
    "belong_together",
    "User and tenant, read together, belong to one request.",
    view,
    looks_for=EVERY_READ | {Anomaly.TORN},
    uses=frozenset({Means.LOCAL}),
)
